import {
  INTERVALS,
  type Interval,
  nextOpenTime,
  openTimeOf,
  shapeOf,
} from "../../domain/interval.js";
import type { TimeRange } from "../../domain/ranges.js";
import { DAY_MS, MINUTE_MS } from "../../domain/units.js";

/**
 * Intervals of whose candles one of this interval can be put together, widest first; none for
 * minutes and seconds, which are made of trades.
 */
export function narrowerThan(interval: Interval): Interval[] {
  const { width, anchor } = shapeOf(interval);
  return INTERVALS.filter((narrower) => {
    const part = shapeOf(narrower);
    if (part.width < MINUTE_MS || narrower === interval) return false;
    // A calendar month is made of whole days.
    if (width === 0) return DAY_MS % part.width === 0;
    return (
      part.width < width && width % part.width === 0 && (anchor - part.anchor) % part.width === 0
    );
  }).reverse();
}

/**
 * The newest whole buckets of `left` that together are about `sizeMs` long, at least one.
 *
 * @param floor trades before it are gone: what lies on both sides of it is not taken at once
 */
export function newestPart(
  interval: Interval,
  left: TimeRange,
  sizeMs: number,
  floor: number,
): TimeRange {
  const last = openTimeOf(interval, left.to - 1);
  const bottom = left.to > floor ? Math.max(left.from, floor) : left.from;
  const wanted = openTimeOf(interval, Math.max(bottom, left.to - sizeMs));
  return { from: Math.min(last, wanted), to: nextOpenTime(interval, last) };
}

/** Whether a range is one bucket, which cannot be made shorter. */
export function isOneBucket(interval: Interval, { from, to }: TimeRange): boolean {
  return nextOpenTime(interval, from) >= to;
}
