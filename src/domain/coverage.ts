import { type IdRange, type TimeRange, overlaps, rangeHolding } from "./ranges.js";

/** What is known of a market's ids in the range of some candles. */
export interface Coverage {
  /**
   * Ids that are held, or that the venue has no trade for; they ascend and do not touch each other.
   */
  ranges: readonly IdRange[];
  /** Lowest id held at all. */
  oldest: bigint;
  /** End (exclusive) of the newest range held at all. */
  newest: bigint;
  /** On a market whose ids are not dense: when no process followed it. */
  unwatched: readonly TimeRange[];
}

/** Missing ids, and the exchange times (epoch ms) of the trades before and after them. */
export interface Hole<Time extends number | null = number> extends IdRange {
  after: Time;
  before: Time;
}

/**
 * Whether every trade of a candle with the ids `idFrom … idTo − 1` is held.
 *
 * True: one range holds them all and more on both sides (or is the newest, which only time can
 * extend). False: a hole lies inside or beside them, so a missing trade may be this candle's. Null:
 * nothing older is held, so the candle may have begun earlier.
 */
export function completeness(idFrom: bigint, idTo: bigint, coverage: Coverage): boolean | null {
  const range = rangeHolding(idFrom, coverage.ranges);
  if (range === undefined || range.to < idTo) return false;
  if (range.to === idTo && range.to !== coverage.newest) return false;
  if (range.from < idFrom) return true;
  return range.from === coverage.oldest ? null : false;
}

/**
 * The same where ids are not dense. False: the market was not followed all the time. Null: no such
 * time is known, which proves nothing.
 */
export function completenessByWatch(
  openTime: number,
  closeTime: number,
  unwatched: readonly TimeRange[],
): false | null {
  const bucket = { from: openTime, to: closeTime + 1 };
  return unwatched.some((range) => overlaps(range, bucket)) ? false : null;
}
