import fc from "fast-check";
import { parseTime } from "./parameters.js";

describe("a time", () => {
  it.each([
    ["0", 0],
    ["1723161600000", 1_723_161_600_000],
    ["2024-08-09", 1_723_161_600_000],
    ["2024-08-09T00:00", 1_723_161_600_000],
    ["2024-08-09T00:00:00Z", 1_723_161_600_000],
    ["2024-08-09T02:00:00+02:00", 1_723_161_600_000],
    ["2024-08-09T02:00:00 0200", 1_723_161_600_000],
    ["2024-08-08T19:00:00.000-05:00", 1_723_161_600_000],
    ["2024-08-09T00:00:00.123456789Z", 1_723_161_600_123],
  ])("%s is understood", (text, expected) => {
    expect(parseTime(text)).toBe(expected);
  });

  it.each([
    "",
    " ",
    "now",
    "-1",
    "1.5",
    "1e12",
    "9999999999999999",
    "2024-02-30",
    "2024-13-01",
    "2024-08-09T25:00Z",
    "09.08.2024",
    "1969-01-01",
  ])("%p is refused", (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it("means the same as text that toISOString gives", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 253_402_300_799_999 }),
        (time) => parseTime(new Date(time).toISOString()) === time,
      ),
    );
  });
});
