import { countdownText } from "./countdown.js";
import { fieldTime, timeOfField } from "./local-time.js";
import { madeCandle } from "./made-candle.fixture.js";
import { revisionLines } from "./revision-text.js";

const MINUTE = 60_000;

describe("a revision explained", () => {
  const before = madeCandle(1);

  it("names every field that differs, digit by digit", () => {
    const now = madeCandle(1, {
      revision: 2,
      high: "1234567.000000000000000001",
      trades: 121,
      complete: false,
    });
    expect(revisionLines(now, before, true)).toEqual([
      expect.stringContaining("Revised 2 times after closing") as string,
      "high: 101.5 → 1,234,567.000000000000000001",
      "trades: 120 → 121",
      "complete: yes → no",
    ]);
  });

  it("states that values before the page was opened are unknown", () => {
    const lines = revisionLines(madeCandle(1, { revision: 1 }), undefined, true);
    expect(lines[0]).toContain("Revised once");
    expect(lines[1]).toContain("older than this page's view");
  });

  it("is empty for a candle that was never revised", () => {
    expect(revisionLines(before, undefined, false)).toEqual([]);
  });

  it("states that a candle was made from loaded history", () => {
    const made = madeCandle(1, { revision: 3 });
    expect(revisionLines(made, undefined, false)).toEqual([
      expect.stringContaining("history that was loaded") as string,
    ]);
  });
});

describe("the countdown", () => {
  const open = madeCandle(1, { closed: false });

  it("counts down to the end of the open candle", () => {
    expect(countdownText(open, MINUTE)).toBe("01:00");
    expect(countdownText(open, 2 * MINUTE - 1)).toBe("00:01");
    expect(countdownText(open, 2 * MINUTE + 3_000)).toBe("00:00");
    const week = { ...open, closeTime: 5 * 86_400_000 + 3_725_000 - 1 };
    expect(countdownText(week, 0)).toBe("5 d 01:02");
    expect(countdownText(week, 5 * 86_400_000)).toBe("01:02:05");
  });

  it("is empty where nothing counts down", () => {
    expect(countdownText(undefined, 0)).toBe("");
    expect(countdownText({ ...open, closed: true }, MINUTE)).toBe("");
    expect(countdownText(open, 3 * MINUTE)).toBe("");
  });
});

describe("times of fields", () => {
  it.each(["UTC", "Asia/Tokyo", "America/New_York", "Asia/Kolkata"])(
    "come back as they were in %s, also around a change of clocks",
    (zone) => {
      const start = Date.UTC(2024, 2, 9, 22);
      for (let at = 0; at < 48; at++) {
        const time = start + at * 30 * MINUTE;
        expect(timeOfField(fieldTime(time, zone), zone)).toBe(time);
      }
    },
  );

  it("are undefined when the field is empty", () => {
    expect(timeOfField("", "UTC")).toBeUndefined();
  });
});
