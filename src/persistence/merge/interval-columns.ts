import { INTERVALS, type Interval, shapeOf } from "../../domain/interval.js";
import { DAY_MS } from "../../domain/units.js";
import { literal } from "./write-batch.js";

const MAX_MONTH_MS = 31 * DAY_MS;

/** Intervals as array literals, one per column; times in ms. */
export interface IntervalColumns {
  names: string;
  /** 0: calendar months. */
  widths: string;
  /** The longest that a bucket can be. */
  longest: string;
  anchors: string;
}

export function intervalColumns(intervals: readonly Interval[]): IntervalColumns {
  const shapes = intervals.map(shapeOf);
  return {
    names: literal(intervals),
    widths: literal(shapes.map(({ width }) => width)),
    longest: literal(shapes.map(({ width }) => width || MAX_MONTH_MS)),
    anchors: literal(shapes.map(({ anchor }) => anchor)),
  };
}

/** Also those that are not stored: their candles of earlier times may be. */
export const EVERY_INTERVAL = intervalColumns(INTERVALS);

/** Width (ms) of a base bucket, of which all these intervals are multiples. */
export function baseOf(intervals: readonly Interval[]): number {
  const widths = intervals.map((interval) => shapeOf(interval).width);
  return Math.min(...widths.filter((width) => width > 0));
}

/** What a merge needs to know of the intervals that are stored. */
export interface StoredColumns {
  /** For each of `INTERVALS`, whether it is stored. */
  stored: string;
  base: number;
}

const KNOWN = new Map<string, StoredColumns>();

/** The same object for the same text, since every merge asks for it. */
export function storedColumns(intervals: string): StoredColumns {
  let columns = KNOWN.get(intervals);
  if (columns === undefined) {
    const stored = intervals.split(",") as Interval[];
    columns = {
      stored: literal(INTERVALS.map((interval) => (stored.includes(interval) ? "t" : "f"))),
      base: baseOf(stored),
    };
    KNOWN.set(intervals, columns);
  }
  return columns;
}
