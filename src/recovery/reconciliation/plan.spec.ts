import { openTimeOf } from "../../domain/interval.js";
import { DAY_MS, MINUTE_MS } from "../../domain/units.js";
import { minuteBatches, samplesOf } from "./plan.js";

/** A Monday, the first of its month. */
const START = Date.UTC(2026, 5, 1);

const at = (minute: number): number => START + minute * MINUTE_MS;

describe("minutes in requests", () => {
  it("come newest first, in the fewest possible", () => {
    const batches = minuteBatches([{ from: at(0), to: at(25) }], 10);
    expect(
      batches.map(({ start, end }) => [(start - START) / MINUTE_MS, (end - START) / MINUTE_MS]),
    ).toEqual([
      [15, 25],
      [5, 15],
      [0, 5],
    ]);
    expect(batches.flatMap(({ due }) => due)).toHaveLength(25);
  });

  it("share one where they are near each other, without those between", () => {
    const due = [
      { from: at(0), to: at(1) },
      { from: at(4), to: at(6) },
      { from: at(9), to: at(10) },
    ];
    expect(minuteBatches(due, 10)).toEqual([
      { start: at(0), end: at(10), due: [at(0), at(4), at(5), at(9)] },
    ]);
    expect(minuteBatches(due, 9).map(({ start }) => start)).toEqual([at(4), at(0)]);
  });

  it("are none where nothing is due", () => {
    expect(minuteBatches([], 10)).toEqual([]);
  });
});

describe("samples of longer intervals", () => {
  const week = { from: START, to: START + 7 * DAY_MS };

  it("are one a day of those that are shorter than a day, and always the same", () => {
    const samples = samplesOf("binance:BTCUSDT", ["5m", "4h"], week, 0);
    expect(samples).toEqual(samplesOf("binance:BTCUSDT", ["5m", "4h"], week, 0));
    const days = samples
      .filter(({ interval }) => interval === "5m")
      .map(({ openTime }) => openTimeOf("1d", openTime));
    expect(new Set(days).size).toBe(7);
    expect(days).toHaveLength(7);
    for (const { interval, openTime } of samples)
      expect(openTimeOf(interval, openTime)).toBe(openTime);
    const times = samples.map(({ openTime }) => openTime);
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it("stay the same in later versions, so that what was compared is not another candle", () => {
    const minutes = ["BTCUSDT", "ETHUSDT"].map((symbol) => {
      const day = { from: START, to: START + DAY_MS };
      const [sample] = samplesOf(`binance:${symbol}`, ["5m"], day, 0);
      return ((sample?.openTime ?? NaN) - START) / MINUTE_MS;
    });
    expect(minutes).toEqual([145, 965]);
  });

  it("are not those of another market", () => {
    const of = (market: string): number[] =>
      samplesOf(market, ["5m"], week, 0).map(({ openTime }) => openTime);
    expect(of("binance:BTCUSDT")).not.toEqual(of("binance:ETHUSDT"));
  });

  it("are each day, week and month that closes within the window", () => {
    const longer = samplesOf("binance:BTCUSDT", ["1d", "1w", "1M"], week, 0);
    expect(longer.filter(({ interval }) => interval === "1d")).toHaveLength(7);
    expect(longer.filter(({ interval }) => interval === "1w")).toEqual([
      { interval: "1w", openTime: START },
    ]);
    // The month before ended when the window began.
    expect(longer.filter(({ interval }) => interval === "1M")).toEqual([]);
    const later = { from: START + 20 * DAY_MS, to: START + 31 * DAY_MS };
    expect(samplesOf("binance:BTCUSDT", ["1M"], later, 0)).toEqual([
      { interval: "1M", openTime: START },
    ]);
  });

  it("are none that the market's first trade cut", () => {
    const samples = samplesOf("binance:BTCUSDT", ["1d", "1w"], week, START + DAY_MS + 5);
    expect(samples.map(({ openTime }) => openTime)).toEqual(
      [6, 5, 4, 3, 2].map((day) => START + day * DAY_MS),
    );
  });

  it("are none that opens with the first trade, which may not be the first of the venue", () => {
    const samples = samplesOf("binance:BTCUSDT", ["1d"], week, START + DAY_MS);
    expect(samples.map(({ openTime }) => openTime)).toEqual(
      [6, 5, 4, 3, 2].map((day) => START + day * DAY_MS),
    );
  });

  it("are none that ended before the window, or as it began", () => {
    const day = { from: START, to: START + DAY_MS };
    const [sample] = samplesOf("binance:BTCUSDT", ["5m"], day, 0);
    const end = (sample?.openTime ?? NaN) + 5 * MINUTE_MS;
    const since = (from: number) => samplesOf("binance:BTCUSDT", ["5m"], { ...day, from }, 0);
    expect(since(end - 1)).toEqual([sample]);
    expect(since(end)).toEqual([]);
    expect(since(end + 1)).toEqual([]);
    const until = (to: number) => samplesOf("binance:BTCUSDT", ["5m"], { ...day, to }, 0);
    expect(until(end)).toEqual([sample]);
    expect(until(end - 1)).toEqual([]);
  });
});
