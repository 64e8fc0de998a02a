import type { CandlestickData, UTCTimestamp } from "lightweight-charts";
import type { Candle } from "../../src/domain/candle.js";
import { type Interval, nextOpenTime } from "../../src/domain/interval.js";

/** A hole of more buckets than this is drawn as none: a market that rests for a day should not be a day of nothing. */
const HOLE_BUCKETS = 240;
/** Empty buckets drawn in all, newest first. */
const EMPTY_BUCKETS = 20_000;

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

/** Open times of the buckets without a candle between two, so that the time axis is even; none when they are too many. */
export function emptyBetween(
  interval: Interval,
  before: number,
  after: number,
  limit = HOLE_BUCKETS,
): number[] {
  const times: number[] = [];
  let time = nextOpenTime(interval, before);
  for (
    ;
    time < after && times.length < limit;
    time = nextOpenTime(interval, time)
  )
    times.push(time);
  return time < after ? [] : times;
}

/** By index of the candle that follows: the empty buckets before it. */
export function emptyBuckets(
  interval: Interval,
  rows: readonly Candle[],
): Map<number, number[]> {
  const empty = new Map<number, number[]>();
  let left = EMPTY_BUCKETS;
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
