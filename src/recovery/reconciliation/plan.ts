import {
  type Interval,
  nextOpenTime,
  openTimeOf,
  shapeOf,
} from "../../domain/interval.js";
import type { Market } from "../../domain/market.js";
import { DAY_MS } from "../../domain/units.js";
import type { TimeRange } from "../../domain/ranges.js";

/** Candles of one interval that one question tells. */
export interface Batch {
  /** Open times, epoch ms. */
  start: number;
  /** Exclusive. */
  end: number;
  /** Those that are wanted of it, ascending. */
  due: number[];
}

/** One candle of a longer interval. */
export interface Sample {
  interval: Interval;
  openTime: number;
}

/**
 * Minutes in as few questions of at most `most` candles as they take, newest first.
 *
 * @param due ascending, at whole minutes
 */
export function minuteBatches(
  due: readonly TimeRange[],
  most: number,
): Batch[] {
  const width = shapeOf("1m").width;
  const batches: Batch[] = [];
  let batch: Batch | undefined;
  for (const { from, to } of [...due].reverse())
    for (let at = to - width; at >= from; at -= width) {
      if (batch === undefined || batch.end - at > most * width) {
        batch = { start: at, end: at + width, due: [] };
        batches.push(batch);
      }
      batch.start = at;
      batch.due.unshift(at);
    }
  return batches;
}

/**
 * One candle a day of each interval that is shorter than one, any of them with the same chance but always the same one, and each
 * of the longer ones; newest first. All close within `window` and open behind `after`.
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
    for (
      let at = openTimeOf(step, window.from);
      at < window.to;
      at = nextOpenTime(step, at)
    ) {
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
