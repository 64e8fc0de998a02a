import type { Figure } from "./candle.js";
import type { Interval } from "./interval.js";
import type { Market } from "./market.js";

/** One field in which both differ, as exact decimal text; null where that side has no candle. */
export interface FieldDifference {
  field: Figure;
  /** By our trades, under the venue's convention. */
  ours: string | null;
  theirs: string | null;
  /**
   * False: the venue's convention for this field is not known, or our record begins within the
   * candle, so the difference counts for nothing.
   */
  judged: boolean;
}

/** A bucket without a trade on either side is a match. */
export type Outcome = "match" | "differs" | "missing_here" | "missing_there";

export interface Comparison {
  outcome: Outcome;
  /** Differences; of a match only those that are not judged. */
  fields: FieldDifference[];
}

/**
 * - `suspected`: seen once; compared again soon. Where no trade is missing, its trades are fetched
 *   again first
 * - `confirmed`: seen twice; compared again when our candle changes
 * - `unjudged`: only in fields whose convention is not known, or of the candle in which our record
 *   begins
 * - `resolved`: both agree by now
 */
export const DIFFERENCE_STATES = ["suspected", "confirmed", "unjudged", "resolved"] as const;
export type DifferenceState = (typeof DIFFERENCE_STATES)[number];

/** A candle that differs, or differed, from the venue's. */
export interface Difference extends Comparison {
  market: Market;
  interval: Interval;
  openTime: number;
  state: DifferenceState;
  /**
   * `complete` of our candle when it was compared: false explains the difference, true does not.
   */
  complete: boolean | null;
  /** `version` of our candle when it was compared; 0 when there was none. */
  version: number;
  /** Epoch ms. */
  foundAt: number;
  /** When it was compared last, epoch ms. */
  comparedAt: number;
}

/** The result for one candle that was compared. */
export interface CandleReconciliation {
  outcome: Outcome;
  /** Epoch ms. */
  comparedAt: number;
  /** On a match: a difference that is resolved, or unjudged. */
  difference: Difference | null;
}

/** One market's one-minute candles of a day, compared with the venue's own. */
export interface ReconciledDay {
  market: Market;
  /** UTC midnight, epoch ms. */
  day: number;
  /** Minutes compared, those without a trade on either side among them. */
  compared: number;
  /** Those in which both agree in every judged field. */
  matched: number;
  /** Those in which they do not, and trades are known to be missing here. */
  incomplete: number;
  /** Those in which fields differ whose convention is not known; they count as matched. */
  unjudged: number;
  /** matched / compared. */
  matchRatio: number;
}
