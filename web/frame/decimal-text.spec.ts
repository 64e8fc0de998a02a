import fc from "fast-check";
import { fromUnits, toUnits } from "../../src/domain/decimal.js";
import {
  compact,
  compareDecimals,
  digitsOf,
  fractionDigits,
  grouped,
  rounded,
  signOf,
} from "./decimal-text.js";

/** Signed decimals as the API writes them. */
const decimals = fc
  .bigInt({ min: -(10n ** 38n), max: 10n ** 38n })
  .map((units) => fromUnits(units * 10n ** 18n));

it.each([
  [["64000", "63999.5"], undefined, 1],
  // Whole prices of a market with cents.
  [["64000", "63999.5"], "0.01", 2],
  [["64000"], null, 0],
  [[], "0.025", 3],
  [["0.5"], "10", 1],
  // From before the venue made its tick coarser.
  [["0.12345"], "0.01", 5],
])("%j with a step of %s need %i digits", (texts, step, digits) => {
  expect(digitsOf(texts, step)).toBe(digits);
});

describe("a decimal for display", () => {
  it.each([
    ["0", 0, "0"],
    ["999", 0, "999"],
    ["1000", 0, "1,000"],
    ["1234567.5", 2, "1,234,567.50"],
    ["-1234.0625", 2, "−1,234.0625"],
    ["64000", 2, "64,000.00"],
    ["0.000000000000000001", 0, "0.000000000000000001"],
  ])("%s with %i digits is %s", (text, digits, shown) => {
    expect(grouped(text, digits)).toBe(shown);
  });

  it("keeps every digit", () => {
    fc.assert(
      fc.property(decimals, (text) => {
        const read = grouped(text).replaceAll(",", "").replace("−", "-");
        expect(read).toBe(text);
      }),
    );
  });

  it.each([
    ["0", "0"],
    ["12", "12.00"],
    ["12.3456", "12.35"],
    ["999.96", "1.000K"],
    ["1234567", "1.235M"],
    ["999999", "1.000M"],
    ["-98765.4", "−98.77K"],
    ["1234567890123456", "1,235T"],
    ["0.00012345", "0.0001235"],
    ["0.5", "0.5"],
    ["100", "100.0"],
    ["1000", "1.000K"],
  ])("%s in short is %s", (text, shown) => {
    expect(compact(text)).toBe(shown);
  });

  it("in short is never further from the value than half of its last digit", () => {
    const value = (short: string) => {
      const [, number, suffix] = /^(.*?)([KMBT]?)$/.exec(
        short.replaceAll(",", "").replace("−", "-"),
      )!;
      const zeros = { "": 0, K: 3, M: 6, B: 9, T: 12 }[suffix!]!;
      const step = 10n ** BigInt(36 + zeros - fractionDigits(number!));
      return { units: toUnits(number!) * 10n ** BigInt(zeros), step };
    };
    fc.assert(
      fc.property(decimals, (text) => {
        const { units, step } = value(compact(text));
        const off = units - toUnits(text);
        expect(2n * (off < 0n ? -off : off)).toBeLessThanOrEqual(step);
      }),
    );
  });
});

describe("rounding", () => {
  it.each([
    ["1.005", 2, "1.01"],
    ["-1.005", 2, "-1.01"],
    ["-0.004", 2, "0.00"],
    ["9.999", 2, "10.00"],
    ["5", 2, "5.00"],
    ["2.5", 0, "3"],
  ])("%s to %i digits is %s", (text, digits, result) => {
    expect(rounded(text, digits)).toBe(result);
  });
});

describe("the order of decimals", () => {
  it("is the order of their values", () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        const [x, y] = [toUnits(a), toUnits(b)];
        expect(Math.sign(compareDecimals(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0);
      }),
    );
  });

  it.each([
    ["1.50", "1.5", 0],
    ["007", "7", 0],
    ["-0", "0", 0],
    ["-1.5", "-1.50", 0],
    ["10", "9.99", 1],
    ["-10", "-9.99", -1],
  ])("%s and %s compare as %i", (a, b, order) => {
    expect(Math.sign(compareDecimals(a, b))).toBe(order);
  });

  it("knows a sign", () => {
    expect(["-0.01", "0", "0.00", "3"].map(signOf)).toEqual([-1, 0, 0, 1]);
  });
});
