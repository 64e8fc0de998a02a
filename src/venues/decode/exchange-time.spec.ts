import { isoTime, microsecondsTime, millisecondsTime, secondsTime } from "./exchange-time.js";

const AT = Date.UTC(2026, 7, 9, 21, 5, 48);

describe("a time of an exchange, floored to ms", () => {
  it.each<[(value: unknown) => number, unknown, number]>([
    [isoTime, "2026-08-09T21:05:48Z", AT],
    [isoTime, "2026-08-09T21:05:48.2Z", AT + 200],
    [isoTime, "2026-08-09T21:05:48.228568804Z", AT + 228],
    [isoTime, "2026-08-09T21:05:48.999999999Z", AT + 999],
    [secondsTime, "1616663618", 1_616_663_618_000],
    [secondsTime, "1616663618.9999999", 1_616_663_618_999],
    [millisecondsTime, "1616663618999", 1_616_663_618_999],
    [microsecondsTime, "1616663618999999", 1_616_663_618_999],
  ])("%p of %p is %d", (read, value, time) => {
    expect(read(value)).toBe(time);
  });

  it.each<[(value: unknown) => number, unknown]>([
    [isoTime, "at 2026-08-09T21:05:48Z"],
    [isoTime, "2026-08-09T21:05:48Z."],
    [isoTime, "2026-08-09T21:05:48"],
    [isoTime, "2026-08-09T21:05:48.Z"],
    [isoTime, "2026-08-09T21:05:48.1234567890Z"],
    [isoTime, "2026-08-09T21:05:48+01:00"],
    [isoTime, "2026-13-09T21:05:48Z"],
    [isoTime, AT],
    [secondsTime, "-1616663618"],
    [secondsTime, "1616663618."],
    [secondsTime, "1616663618999"],
    [secondsTime, 1_616_663_618],
    [millisecondsTime, "1616663618"],
    [millisecondsTime, "1616663618999.5"],
    [millisecondsTime, 1_616_663_618_999],
    [microsecondsTime, "1616663618999"],
    [microsecondsTime, "1616663618999999.5"],
    [microsecondsTime, 1_616_663_618_999_999],
  ])("%p cannot read %p", (read, value) => {
    expect(read(value)).toBeNaN();
  });
});
