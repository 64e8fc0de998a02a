import {
  AverageGain,
  AverageLoss,
  BollingerBands,
  EMA,
  MACD,
  RSI,
  SD,
  SMA,
  VWAP,
} from "technicalindicators";
import { barColumns, madeBars } from "../../test/support/bars.js";
import { bollinger } from "./bollinger.js";
import { ema } from "./ema.js";
import { macd } from "./macd.js";
import { rsi } from "./rsi.js";
import { sessionVwap } from "./session-vwap.js";
import { sma } from "./sma.js";
import { annualisedVolatility } from "./volatility.js";

/** The other implementation omits its warm-up; here it is NaN, so that columns stay aligned. */
function warmedUp(length: number, values: readonly (number | undefined)[]): number[] {
  return [
    ...Array<number>(length - values.length).fill(NaN),
    ...values.map((value) => value ?? NaN),
  ];
}

function expectSame(actual: readonly number[], wanted: readonly number[]) {
  expect(actual).toHaveLength(wanted.length);
  const off = actual.flatMap((value, at) => {
    const other = wanted[at] ?? NaN;
    const same =
      Number.isNaN(value) === Number.isNaN(other) &&
      !(Math.abs(value - other) > 1e-7 * Math.max(1, Math.abs(other)));
    return same ? [] : [{ at, value, other }];
  });
  expect(off).toEqual([]);
}

describe.each([
  ["recorded", barColumns()],
  ["made", madeBars()],
])("indicators on %s candles", (_name, bars) => {
  const { close, openTime, volume, quoteVolume } = bars;
  const { length } = close;

  it("have enough candles to be meaningful", () => {
    expect(length).toBe(500);
    expect(new Set(close).size).toBeGreaterThan(100);
  });

  it.each([1, 2, 20, 200])("SMA(%d), warm-up included", (period) => {
    const other = SMA.calculate({ period, values: close });
    expect(other).toHaveLength(length - period + 1);
    expectSame(sma(close, period), warmedUp(length, other));
  });

  it.each([1, 9, 20, 200])("EMA(%d), warm-up included", (period) => {
    const other = EMA.calculate({ period, values: close });
    expect(other).toHaveLength(length - period + 1);
    expectSame(ema(close, period), warmedUp(length, other));
  });

  it.each([
    [20, 2],
    [50, 2.5],
  ])("Bollinger(%d, %d), warm-up included", (period, stdDev) => {
    const other = BollingerBands.calculate({ period, stdDev, values: close });
    expect(other).toHaveLength(length - period + 1);
    const bands = bollinger(close, period, stdDev);
    for (const part of ["middle", "upper", "lower"] as const)
      expectSame(
        bands[part],
        warmedUp(
          length,
          other.map((each) => each[part]),
        ),
      );
  });

  it.each([2, 14])("RSI(%d), warm-up included", (period) => {
    const gains = AverageGain.calculate({ period, values: close });
    const losses = AverageLoss.calculate({ period, values: close });
    const exact = gains.map((gain, at) => 100 - 100 / (1 + gain / (losses[at] ?? NaN)));
    const { rsi: mine } = rsi(close, period);
    expectSame(mine, warmedUp(length, exact));
    // The other implementation rounds the index to two digits.
    const rounded = warmedUp(length, RSI.calculate({ period, values: close }));
    expect(rounded.findIndex((value) => !Number.isNaN(value))).toBe(period);
    for (const [at, value] of rounded.entries())
      if (at >= period) expect(mine[at]).toBeCloseTo(value, 2);
  });

  it.each([
    [12, 26, 9],
    [3, 10, 16],
  ])("MACD(%d, %d, %d), exponential, warm-up included", (fast, slow, signal) => {
    const other = MACD.calculate({
      values: close,
      fastPeriod: fast,
      slowPeriod: slow,
      signalPeriod: signal,
      SimpleMAOscillator: false,
      SimpleMASignal: false,
    });
    const mine = macd(close, { fast, slow, signal });
    const column = (pick: (each: (typeof other)[number]) => number | undefined) =>
      warmedUp(length, other.map(pick));
    expectSame(
      mine.macd,
      column((each) => each.MACD),
    );
    expectSame(
      mine.signal,
      column((each) => each.signal),
    );
    expectSame(
      mine.histogram,
      column((each) => each.histogram),
    );
    expect(mine.histogram.findIndex((value) => !Number.isNaN(value))).toBe(slow + signal - 2);
  });

  it("session VWAP restarts at 00:00 UTC and is unknown in a session without its start", () => {
    const midnight = openTime.findIndex((time) => time % 86_400_000 === 0);
    const start = midnight === -1 ? 0 : midnight;
    const price = quoteVolume.map((quote, at) => quote / (volume[at] ?? NaN));
    const sessions = [
      [0, start],
      [start, length],
    ].flatMap(([from, to]) => {
      const part = price.slice(from, to);
      return part.length === 0
        ? []
        : VWAP.calculate({
            high: part,
            low: part,
            close: part,
            volume: volume.slice(from, to),
          });
    });
    expectSame(sessionVwap(bars, true).vwap, sessions);
    const cut = sessionVwap(bars).vwap;
    const unknown = openTime[0]! % 86_400_000 === 0 ? 0 : midnight === -1 ? length : midnight;
    expectSame(
      cut,
      sessions.map((value, at) => (at < unknown ? NaN : value)),
    );
  });

  it("volatility is the deviation of logarithmic changes, scaled to a year", () => {
    // Its deviation ends at the first value that is zero; moved by one, none is, and the deviation
    // stays the same.
    const changes = close.slice(1).map((value, at) => 1 + Math.log(value / close[at]!));
    const [deviation] = SD.calculate({
      period: changes.length,
      values: changes,
    });
    const minutes = (openTime.at(-1)! - openTime[0]!) / 60_000 / (length - 1);
    expect(annualisedVolatility(close, openTime)).toBeCloseTo(
      deviation! * Math.sqrt((365 * 1_440) / minutes),
      9,
    );
  });

  it("updating step by step gives exactly the result of one pass, with a changing last candle", () => {
    const few = 120;
    const [closes, times, volumes, quotes] = [[], [], [], []] as number[][];
    const periods = { fast: 12, slow: 26, signal: 9 };
    const grown = {
      sma: sma([], 20),
      ema: ema([], 20),
      bollinger: bollinger([], 20, 2),
      rsi: rsi([], 14),
      macd: macd([], periods),
      vwap: sessionVwap({ openTime: [], volume: [], quoteVolume: [] }, true),
    };
    const turnover = {
      openTime: times!,
      volume: volumes!,
      quoteVolume: quotes!,
    };
    const step = (at: number) => {
      sma(closes!, 20, grown.sma, at);
      ema(closes!, 20, grown.ema, at);
      bollinger(closes!, 20, 2, grown.bollinger, at);
      rsi(closes!, 14, grown.rsi, at);
      macd(closes!, periods, grown.macd, at);
      sessionVwap(turnover, true, grown.vwap, at);
    };
    for (let at = 0; at < few; at++) {
      times![at] = openTime[at]!;
      for (const share of [0.3, 1]) {
        closes![at] = close[at]! * (2 - share);
        volumes![at] = volume[at]! * share;
        quotes![at] = quoteVolume[at]! * share;
        step(at);
      }
    }
    const head = (values: readonly number[]) => values.slice(0, few);
    expect(grown).toEqual({
      sma: sma(head(close), 20),
      ema: ema(head(close), 20),
      bollinger: bollinger(head(close), 20, 2),
      rsi: rsi(head(close), 14),
      macd: macd(head(close), periods),
      vwap: sessionVwap(
        {
          openTime: head(openTime),
          volume: head(volume),
          quoteVolume: head(quoteVolume),
        },
        true,
      ),
    });
  });
});

describe("indicators at their edges", () => {
  it("stay NaN with fewer values than their period", () => {
    expect(sma([1, 2], 3)).toEqual([NaN, NaN]);
    expect(ema([1, 2], 3)).toEqual([NaN, NaN]);
    expect(rsi([1, 2, 3], 3).rsi).toEqual([NaN, NaN, NaN]);
    expect(annualisedVolatility([1, 2], [0, 1])).toBeNaN();
  });

  it("RSI is 100 when nothing fell and 0 when nothing rose", () => {
    expect(rsi([1, 2, 3], 2).rsi.at(-1)).toBe(100);
    expect(rsi([3, 2, 1], 2).rsi.at(-1)).toBe(0);
  });

  it("drop values of removed candles", () => {
    const out = sma([1, 2, 3, 4], 2);
    expect(sma([1, 2], 2, out, 1)).toEqual([NaN, 1.5]);
  });
});
