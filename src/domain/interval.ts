import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "./units.js";

/** 1970-01-05, the first Monday of the epoch. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/**
 * Every interval's width and anchor in ms. `1M` has no width: calendar months. `3d` counts from the
 * epoch (1970-01-01), as a plain division of epoch time does; venues that anchor it elsewhere
 * differ.
 */
const TABLE = {
  "1s": { width: SECOND_MS, anchor: 0 },
  "1m": { width: MINUTE_MS, anchor: 0 },
  "3m": { width: 3 * MINUTE_MS, anchor: 0 },
  "5m": { width: 5 * MINUTE_MS, anchor: 0 },
  "15m": { width: 15 * MINUTE_MS, anchor: 0 },
  "30m": { width: 30 * MINUTE_MS, anchor: 0 },
  "1h": { width: HOUR_MS, anchor: 0 },
  "2h": { width: 2 * HOUR_MS, anchor: 0 },
  "4h": { width: 4 * HOUR_MS, anchor: 0 },
  "6h": { width: 6 * HOUR_MS, anchor: 0 },
  "8h": { width: 8 * HOUR_MS, anchor: 0 },
  "12h": { width: 12 * HOUR_MS, anchor: 0 },
  "1d": { width: DAY_MS, anchor: 0 },
  "3d": { width: 3 * DAY_MS, anchor: 0 },
  "1w": { width: 7 * DAY_MS, anchor: FIRST_MONDAY_MS },
  "1M": { width: 0, anchor: 0 },
} as const satisfies Record<string, { width: number; anchor: number }>;

export type Interval = keyof typeof TABLE;

/** Shortest first. */
export const INTERVALS = Object.keys(TABLE) as Interval[];

/** What is stored unless configured otherwise: all but `1s`. */
export const DEFAULT_INTERVALS: readonly Interval[] = INTERVALS.filter(
  (interval) => interval !== "1s",
);

export function isInterval(text: string): text is Interval {
  return Object.hasOwn(TABLE, text);
}

/** Width in ms (0 for calendar months) and the anchor that buckets count from. */
export function shapeOf(interval: Interval): { width: number; anchor: number } {
  return TABLE[interval];
}

/** Open time (epoch ms, UTC) of the bucket that holds `time`. */
export function openTimeOf(interval: Interval, time: number): number {
  const { width, anchor } = TABLE[interval];
  if (width === 0) {
    const date = new Date(time);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  return time - ((((time - anchor) % width) + width) % width);
}

/** Open time of the bucket after the one that opens at `openTime`. */
export function nextOpenTime(interval: Interval, openTime: number): number {
  const { width } = TABLE[interval];
  if (width !== 0) return openTime + width;
  const date = new Date(openTime);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** Last ms of the bucket that opens at `openTime`. */
export function closeTimeOf(interval: Interval, openTime: number): number {
  return nextOpenTime(interval, openTime) - 1;
}
