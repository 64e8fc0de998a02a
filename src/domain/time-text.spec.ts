import fc from "fast-check";
import { readNumber, readTime, timeFault, timeOf } from "./time-text.js";

const MIDNIGHT = Date.UTC(2024, 7, 9);

describe("a time that a person wrote", () => {
  it.each([
    ["0", 0],
    ["5", 5],
    ["1723161600000", MIDNIGHT],
    ["2024-08-09", MIDNIGHT],
    ["2024-08-09T00:00", MIDNIGHT],
    ["2024-08-09 00:00", MIDNIGHT],
    ["2024-08-09T00:00Z", MIDNIGHT],
    ["2024-08-09T02:00:00+02:00", MIDNIGHT],
    ["2024-08-09T02:00:00 0200", MIDNIGHT],
    ["2024-08-08T19:00:00.000-05:00", MIDNIGHT],
    ["2024-08-09T00:00:00.5Z", MIDNIGHT + 500],
    ["2024-08-09T00:00:00.123456789Z", MIDNIGHT + 123],
    ["2024-02-29", Date.UTC(2024, 1, 29)],
    ["9999-12-31T23:59:59.999Z", 253_402_300_799_999],
  ])("is read: %s", (text, time) => {
    expect(readTime(text)).toEqual({ time });
    expect(timeOf(text)).toBe(time);
  });

  it.each([
    ["1723161600", "that looks like epoch seconds: in ms it is 1723161600000"],
    ["1723161600123456", "that looks like µs: in ms it is 1723161600123"],
    ["1723161600123456789", "that looks like ns: in ms it is 1723161600123"],
    ["2023-02-29", "the calendar has no such day"],
    ["2023-02-29T12:00:00Z", "the calendar has no such day"],
    ["2023-04-31", "the calendar has no such day"],
    ["2023-13-01", "the calendar has no such day"],
    ["2024-08-09T25:00", undefined],
    ["1969-12-31", undefined],
    ["-1", undefined],
    ["1e12", undefined],
    ["1723161600000.5", undefined],
    ["yesterday", undefined],
    ["", undefined],
    ["2024-8-9", undefined],
    ["now", undefined],
    [" ", undefined],
    ["09.08.2024", undefined],
    ["20240809", "as a day write 2024-08-09"],
    ["9999999999999999999999", undefined],
  ])("is refused: %s", (text, hint) => {
    expect(readTime(text)).toEqual({ hint });
    expect(timeOf(text)).toBeUndefined();
  });

  it("is read from a number by the same rules", () => {
    expect(readNumber(0)).toEqual({ time: 0 });
    expect(readNumber(MIDNIGHT)).toEqual({ time: MIDNIGHT });
    expect(readNumber(MIDNIGHT / 1_000)).toHaveProperty("hint");
    expect(readNumber(MIDNIGHT * 1_000)).toHaveProperty("hint");
    expect(readNumber(0.5)).toEqual({ hint: undefined });
    expect(readNumber(-1)).toEqual({ hint: undefined });
    expect(readNumber(NaN)).toEqual({ hint: undefined });
  });

  it("means the same as text that toISOString gives", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (time) => {
        expect(readTime(new Date(time).toISOString())).toEqual({ time });
      }),
    );
  });

  it("is refused with the rule, and with what it seems to be", () => {
    expect(timeFault("must be epoch ms", "yesterday")).toBe("must be epoch ms");
    expect(timeFault("must be epoch ms", "2023-02-29")).toBe(
      "must be epoch ms; the calendar has no such day",
    );
    expect(timeFault("must be epoch ms", 1_723_161_600)).toBe(
      "must be epoch ms; that looks like epoch seconds: in ms it is 1723161600000",
    );
  });
});
