import { canonical } from "./decimal.js";
import type { Market } from "./market.js";

export const INSTRUMENT_KINDS = ["spot", "perpetual", "future"] as const;
export type InstrumentKind = (typeof INSTRUMENT_KINDS)[number];

/**
 * - `trading`: orders can match, with restrictions or without
 * - `halted`: listed, but for now nothing matches (a break, an auction, cancelling or posting only)
 * - `announced`: listed, trading has not begun
 * - `closed`: no longer traded, or being settled
 * - `unknown`: the venue reports a status that maps to none of these
 */
export const INSTRUMENT_STATUSES = ["trading", "halted", "announced", "closed", "unknown"] as const;
export type InstrumentStatus = (typeof INSTRUMENT_STATUSES)[number];

/** What is traded on a market, and in which steps, as its venue reports it. */
export interface Instrument {
  market: Market;
  /** What an amount counts, as the venue spells it: "BTC". */
  base: string;
  /** What a price counts, per unit of base: "USDT". */
  quote: string;
  /** Null where the venue does not report it. */
  kind: InstrumentKind | null;
  /**
   * Orders' prices are multiples of it: canonical decimal text above 0, in quote currency per unit
   * of base; null where the venue does not report it. Trades from before a change can lie between
   * its multiples.
   */
  tickSize: string | null;
  /**
   * Orders' amounts are multiples of it: canonical decimal text above 0, in base currency; null
   * where the venue does not report it.
   */
  stepSize: string | null;
  /** As of the last successful request. */
  status: InstrumentStatus;
}

/** Fraction digits that multiples of a step can have: "1" → 0, "0.01" → 2, "0.025" → 3. */
export function decimalsOf(step: string): number {
  return canonical(step)?.split(".")[1]?.length ?? 0;
}
