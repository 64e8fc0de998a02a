import { emptyBetween, emptyBuckets } from "./bars.js";
import { madeCandle } from "./made-candle.fixture.js";

const MINUTE = 60_000;

describe("empty buckets of the time axis", () => {
  it("are those between two candles, months by the calendar", () => {
    expect(emptyBetween("1m", 0, MINUTE)).toEqual([]);
    expect(emptyBetween("1m", 0, 3 * MINUTE)).toEqual([MINUTE, 2 * MINUTE]);
    const month = (at: number) => Date.UTC(2024, at, 1);
    expect(emptyBetween("1M", month(0), month(3))).toEqual([month(1), month(2)]);
  });

  it("are not drawn when a market pauses for long", () => {
    expect(emptyBetween("1m", 0, 241 * MINUTE)).toHaveLength(240);
    expect(emptyBetween("1m", 0, 242 * MINUTE)).toEqual([]);
  });

  it("are found for the candle after them, the newest first when there are too many", () => {
    const rows = [1, 2, 4, 5, 9].map((minute) => madeCandle(minute));
    expect([...emptyBuckets("1m", rows)]).toEqual([
      [4, [6, 7, 8].map((at) => at * MINUTE)],
      [2, [3 * MINUTE]],
    ]);
    const sparse = [...Array(300).keys()].map((at) => madeCandle(at * 200));
    const empty = emptyBuckets("1m", sparse);
    expect(empty.has(299)).toBe(true);
    expect(empty.has(1)).toBe(false);
    expect([...empty.values()].flat().length).toBeLessThanOrEqual(20_000);
  });
});
