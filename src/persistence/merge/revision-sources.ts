import { type RevisionReason, reasonsOf } from "../../domain/revision.js";
import { TRADE_SOURCES, type TradeSource } from "../../domain/trade.js";

/** Of `candle_revision.sources`: a bit for each place in `TRADE_SOURCES`, whose order is that of the enum. */
export function sourcesOf(bits: number): TradeSource[] {
  return TRADE_SOURCES.filter((_, place) => (bits & (1 << place)) !== 0);
}

/** Of all sources that a revision has one of these reasons for. */
export function bitsOf(reasons: readonly RevisionReason[]): number {
  return TRADE_SOURCES.reduce(
    (bits, source, place) =>
      reasonsOf([source]).some((reason) => reasons.includes(reason))
        ? bits | (1 << place)
        : bits,
    0,
  );
}

/** Of `write-trades.sql`: JSON of pairs of source bits and how many candles were revised by such. */
export function countsByReason(
  text: string | undefined,
): Map<RevisionReason, number> {
  const counts = new Map<RevisionReason, number>();
  for (const [bits, revisions] of JSON.parse(text ?? "[]") as [
    number,
    number,
  ][])
    for (const reason of reasonsOf(sourcesOf(bits)))
      counts.set(reason, (counts.get(reason) ?? 0) + revisions);
  return counts;
}
