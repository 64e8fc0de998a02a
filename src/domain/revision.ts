import { type Candle, FIGURES } from "./candle.js";
import type { TradeSource } from "./trade.js";

/** The fields of a candle that its trades decide; ids only where they are dense. */
export const TRADED_FIELDS = [
  ...FIGURES,
  "firstTradeId",
  "lastTradeId",
] as const satisfies readonly (keyof Candle)[];
export type TradedField = (typeof TRADED_FIELDS)[number];

/**
 * Why a closed candle changed, by the source of a trade that was added:
 *
 * - `late`: the venue sent it after the candle's end
 * - `repair`: it was missing and has been fetched
 * - `backfill`, `replay`: older history was loaded
 * - `posted`: a client posted it
 *
 * Or `rebuild`: its trades were stored, and the candle was made anew of them.
 */
export const REVISION_REASONS = [
  "late",
  "repair",
  "backfill",
  "replay",
  "posted",
  "rebuild",
] as const;
export type RevisionReason = (typeof REVISION_REASONS)[number];

/** In the order of `REVISION_REASONS`, each once. */
export function reasonsOf(sources: readonly TradeSource[]): RevisionReason[] {
  const reasons = new Set(sources.map(reasonOf));
  return REVISION_REASONS.filter((reason) => reasons.has(reason));
}

function reasonOf(source: TradeSource): RevisionReason {
  return source === "live" || source === "simulated" ? "late" : source;
}
