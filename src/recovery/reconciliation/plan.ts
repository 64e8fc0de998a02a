import { type Interval, nextOpenTime, openTimeOf, shapeOf } from "../../domain/interval.js";
import type { Market } from "../../domain/market.js";
import { DAY_MS } from "../../domain/units.js";
import type { TimeRange } from "../../domain/ranges.js";

/** Candles of one interval that one request returns. */
export interface Batch {
  /** Open times, epoch ms. */
  start: number;
  /** Exclusive. */
  end: number;
  /** Open times to compare, ascending. */
  due: number[];
}

/** One candle of a longer interval. */
export interface Sample {
  interval: Interval;
  openTime: number;
}

/**
 * Groups minutes into the fewest requests of at most `maxCandles` candles, newest first.
 *
 * @param due ascending, at whole minutes
 */
export function minuteBatches(due: readonly TimeRange[], maxCandles: number): Batch[] {
  const width = shapeOf("1m").width;
  const batches: Batch[] = [];
  let batch: Batch | undefined;
  for (const { from, to } of [...due].reverse())
    for (let at = to - width; at >= from; at -= width) {
      if (batch === undefined || batch.end - at > maxCandles * width) {
        batch = { start: at, end: at + width, due: [] };
        batches.push(batch);
      }
      batch.start = at;
      batch.due.unshift(at);
    }
  return batches;
}

/**
 * One candle a day of each interval shorter than a day (pseudo-random, always the same one) and
 * every candle of the longer intervals; newest first. All close within `window` and open after
 * `after`.
 */
export function samplesOf(
  market: Market,
  intervals: readonly Interval[],
  window: TimeRange,
  after: number,
): Sample[] {
  const samples: Sample[] = [];
  for (const interval of intervals) {
    const { width } = shapeOf(interval);
    const isShort = width > 0 && width < DAY_MS;
    const step: Interval = isShort ? "1d" : interval;
    for (let at = openTimeOf(step, window.from); at < window.to; at = nextOpenTime(step, at)) {
      const openTime = isShort
        ? at + width * (hash(`${market} ${interval} ${at}`) % (DAY_MS / width))
        : at;
      const end = nextOpenTime(interval, openTime);
      if (openTime > after && end > window.from && end <= window.to)
        samples.push({ interval, openTime });
    }
  }
  return samples.sort((a, b) => b.openTime - a.openTime);
}

/** FNV-1a. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at++)
    state = Math.imul(state ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return state;
}
