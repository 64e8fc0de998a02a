import fc from "fast-check";
import { canonical, changePercent, fromUnits, toUnits } from "./decimal.js";

it.each([
  ["0.50", "0.5"],
  ["007", "7"],
  ["1.000", "1"],
  ["0.000000010", "0.00000001"],
  ["0", "0"],
  ["00.0", "0"],
  ["10", "10"],
  ["100.10", "100.1"],
  ["9876543210.1234567890", "9876543210.123456789"],
  ["9".repeat(20), "9".repeat(20)],
  [`00${"9".repeat(20)}`, "9".repeat(20)],
])("writes %s as %s", (text, expected) => {
  expect(canonical(text)).toBe(expected);
});

it.each([
  "",
  ".5",
  "5.",
  "-1",
  "+1",
  "1e5",
  "1,5",
  " 1",
  "0x10",
  "NaN",
  ".",
  "1.2.3",
  "1/5",
  "1:5",
  "1".repeat(21),
  `0.${"1".repeat(19)}`,
])("refuses %j", (text) => {
  expect(canonical(text)).toBeUndefined();
});

it("does not read trailing zeros as digits beyond the limit", () => {
  expect(canonical(`0.${"1".repeat(18)}000`)).toBe(`0.${"1".repeat(18)}`);
});

it("adds as exactly as integers do", () => {
  const decimal = fc
    .tuple(
      fc.bigInt({ min: 0n, max: 10n ** 20n - 1n }),
      fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }),
    )
    .map(([whole, part]) => ({
      text: `${whole}.${String(part).padStart(18, "0")}`,
      scaled: whole * 10n ** 18n + part,
    }));
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      const sum = fromUnits(toUnits(a.text) + toUnits(b.text));
      const total = a.scaled + b.scaled;
      const expected = `${total / 10n ** 18n}.${String(total % 10n ** 18n).padStart(18, "0")}`;
      expect(sum).toBe(expected.replace(/0+$/, "").replace(/\.$/, ""));
    }),
  );
});

it.each([
  ["0", 0n],
  ["1.5", 15n * 10n ** 35n],
  ["-0.25", -25n * 10n ** 34n],
  ["12.", 12n * 10n ** 36n],
  [`0.${"0".repeat(35)}1`, 1n],
])("reads %s, and writes no digit too many", (text, units) => {
  expect(toUnits(text)).toBe(units);
  expect(fromUnits(units)).toBe(text.replace(/\.$/, ""));
});

it.each(["", "-", ".5", "1e5", "x1", "1x", "0.x", "0.1x", "--1", "+1", `0.${"0".repeat(36)}1`])(
  "throws for %j, and says why",
  (text) => {
    const message = `not a decimal of at most 36 fraction digits: ${text}`;
    expect(() => toUnits(text)).toThrow(new RangeError(message));
  },
);

it("gives a change in percent, rounded half away from zero, and none from nothing", () => {
  const change = (then: string, now: string): string | undefined =>
    changePercent(toUnits(then), toUnits(now));
  expect(change("100", "100.005")).toBe("0.01");
  expect(change("100", "99.995")).toBe("-0.01");
  expect(change("3", "4")).toBe("33.33");
  expect(change("0", "4")).toBeUndefined();
  expect(change("100", "100.05")).toBe("0.05");
  expect(change("100", "100.0549")).toBe("0.05");
  expect(change("100", "99.9451")).toBe("-0.05");
  expect(change("100", "99.9999")).toBe("0.00");
  expect(change("7", "7")).toBe("0.00");
  expect(change("100", "0")).toBe("-100.00");
});
