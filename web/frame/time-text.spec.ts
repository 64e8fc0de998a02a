import { HOUR_MS } from "../../src/domain/units.js";
import { durationText, knownZone, timeText, zoneOffset } from "./time-text.js";

/** 2026-03-29T00:59:59.999Z: a millisecond before Zurich's summer time begins. */
const BEFORE_SUMMER = 1_774_745_999_999;

describe("a time", () => {
  it("is written in the chosen zone", () => {
    expect(timeText(BEFORE_SUMMER, "UTC")).toBe("2026-03-29 00:59:59");
    expect(timeText(BEFORE_SUMMER, "Europe/Zurich", "dayMinute")).toBe("2026-03-29 01:59");
    expect(timeText(BEFORE_SUMMER + 1, "Europe/Zurich", "second")).toBe("03:00:00");
  });

  it("has midnight as 00", () => {
    expect(timeText(0, "UTC", "minute")).toBe("00:00");
  });
});

describe("a zone", () => {
  it.each([
    ["UTC", BEFORE_SUMMER, 0],
    ["Europe/Zurich", BEFORE_SUMMER, HOUR_MS],
    ["Europe/Zurich", BEFORE_SUMMER + 1, 2 * HOUR_MS],
    ["Asia/Kolkata", 0, 5.5 * HOUR_MS],
    ["America/New_York", BEFORE_SUMMER, -4 * HOUR_MS],
  ])("%s at %i is %i ms ahead of UTC", (zone, time, offset) => {
    expect(zoneOffset(time, zone)).toBe(offset);
  });

  it("that does not exist is not one", () => {
    expect(knownZone("Mars/Olympus")).toBeUndefined();
    expect(knownZone("")).toBeUndefined();
    expect(knownZone("Asia/Tokyo")).toBe("Asia/Tokyo");
  });
});

describe("a duration", () => {
  it.each([
    [-5, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [7_199_999, "1 h"],
    [172_800_000, "2 d"],
  ])("%i ms is %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
