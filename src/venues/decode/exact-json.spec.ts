import fc from "fast-check";
import { canonical } from "../../domain/decimal.js";
import { decimalOf, fieldOf, parseExact } from "./exact-json.js";
import { isoTime, microsecondsTime, secondsTime } from "./exchange-time.js";

const read = (text: string, key: string): unknown => {
  const parsed = parseExact(text);
  return parsed.ok ? fieldOf(parsed.value, key) : parsed;
};

describe("JSON numbers of a venue", () => {
  it("keep every digit", () => {
    const text =
      '{"price":12345678901234567890.123456789012345678,"id":9007199254740993,"s":"1.50 \\"2\\" 3","e":[1e-8]}';
    expect(read(text, "price")).toBe("12345678901234567890.123456789012345678");
    expect(read(text, "id")).toBe("9007199254740993");
    expect(read(text, "s")).toBe('1.50 "2" 3');
    expect(read(text, "e")).toEqual(["1e-8"]);
  });

  it.each([
    ["1e-8", "0.00000001"],
    ["1.5E-7", "0.00000015"],
    ["12.5e1", "125"],
    ["1.25e1", "12.5"],
    ["2e3", "2000"],
    ["0.50", "0.5"],
    ["1e999", undefined],
    ["-1", undefined],
    ["", undefined],
  ])("become plain decimals: %s", (text, decimal) => {
    expect(decimalOf(text)).toBe(decimal);
  });

  it("are those that JSON means, whatever the structure around them", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const numbersAsText = JSON.stringify(JSON.parse(text), (_, value: unknown) =>
          typeof value === "number" ? String(value) : value,
        );
        const exact = parseExact(JSON.stringify(JSON.parse(text)));
        expect(exact.ok && JSON.stringify(exact.value)).toBe(numbersAsText);
      }),
    );
  });

  it("give the same decimal with an exponent as without", () => {
    const digits = fc.integer({ min: 1, max: 999_999 });
    fc.assert(
      fc.property(digits, fc.integer({ min: 0, max: 12 }), (whole, shift) => {
        const text = String(whole).padStart(shift + 1, "0");
        const at = text.length - shift;
        const decimal = shift === 0 ? text : `${text.slice(0, at)}.${text.slice(at)}`;
        expect(decimalOf(`${whole}e-${shift}`)).toBe(canonical(decimal));
      }),
    );
  });
});

describe("exchange times", () => {
  it.each([
    [isoTime("2026-08-09T21:05:48.228568804Z"), 1_786_309_548_228],
    [isoTime("2026-08-09T21:05:48.999999Z"), 1_786_309_548_999],
    [isoTime("2026-08-09T21:05:48Z"), 1_786_309_548_000],
    [secondsTime("1616663618.9999999"), 1_616_663_618_999],
    [secondsTime("1616663618"), 1_616_663_618_000],
    [microsecondsTime("1641343699596999"), 1_641_343_699_596],
  ])("are floored to milliseconds: %#", (time, expected) => {
    expect(time).toBe(expected);
  });

  it.each(["", "now", "2026-08-09", 5, null, undefined])("are none for %p", (value) => {
    expect(isoTime(value)).toBeNaN();
    expect(secondsTime(value)).toBeNaN();
    expect(microsecondsTime(value)).toBeNaN();
  });
});
