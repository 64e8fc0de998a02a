import type { CandlestickData, UTCTimestamp } from "lightweight-charts";
import type { Candle } from "../../src/domain/candle.js";
import { type Interval, nextOpenTime } from "../../src/domain/interval.js";

/**
 * A longer run of empty buckets is not drawn: a market that pauses for a day should not show an
 * empty day.
 */
const MAX_RUN_BUCKETS = 240;
/** Maximum of empty buckets drawn in total, newest first. */
const MAX_EMPTY_BUCKETS = 20_000;

/** The drawing library counts seconds. */
export function chartTime(openTime: number): UTCTimestamp {
  return (openTime / 1_000) as UTCTimestamp;
}

/** Decimals become numbers here, for drawing only. */
export function barOf(candle: Candle): CandlestickData<UTCTimestamp> {
  return {
    time: chartTime(candle.openTime),
    open: Number(candle.open),
    high: Number(candle.high),
    low: Number(candle.low),
    close: Number(candle.close),
  };
}

/**
 * Open times of the empty buckets between two candles, so that the time axis is even; none when
 * there are too many.
 */
export function emptyBetween(
  interval: Interval,
  before: number,
  after: number,
  limit = MAX_RUN_BUCKETS,
): number[] {
  const times: number[] = [];
  let time = nextOpenTime(interval, before);
  for (; time < after && times.length < limit; time = nextOpenTime(interval, time))
    times.push(time);
  return time < after ? [] : times;
}

/** By index of the candle that follows: the empty buckets before it. */
export function emptyBuckets(interval: Interval, rows: readonly Candle[]): Map<number, number[]> {
  const empty = new Map<number, number[]>();
  let left = MAX_EMPTY_BUCKETS;
  for (let at = rows.length - 1; at > 0 && left > 0; at--) {
    const [before, after] = [rows[at - 1], rows[at]];
    if (before === undefined || after === undefined) continue;
    if (before.closeTime + 1 === after.openTime) continue;
    const times = emptyBetween(interval, before.openTime, after.openTime);
    left -= times.length;
    if (times.length > 0 && left >= 0) empty.set(at, times);
  }
  return empty;
}
