import type { DataSource } from "typeorm";
import { type RevisionReason, reasonsOf } from "../../domain/revision.js";
import { TRADE_SOURCES, type TradeSource } from "../../domain/trade.js";

/**
 * Throws unless the database's enumeration begins with `TRADE_SOURCES` in this order: stored bits
 * would otherwise stand for other sources. Further ones at the end belong to a newer version.
 */
export async function checkSources(reader: Pick<DataSource, "query">): Promise<void> {
  const rows: { sources: string[] }[] = await reader.query(
    "SELECT enum_range(NULL::trade_source)::text[] AS sources",
  );
  const stored = rows[0]?.sources ?? [];
  if (TRADE_SOURCES.some((source, place) => stored[place] !== source))
    throw new Error(
      `The database's enumeration of trade sources is ${stored.join(", ")}, but this version of Tapeline has ${TRADE_SOURCES.join(", ")}`,
    );
}

/** `WHEN` branches that give a source's bit: one for each place in `TRADE_SOURCES`. */
export const SOURCE_BITS = TRADE_SOURCES.map(
  (source, place) => `WHEN '${source}' THEN ${1 << place}`,
).join(" ");

/** In `candle_revision.sources` of a candle that was made anew: no trade was added to the store. */
export const REBUILD_BIT = 1 << 30;

/** Decodes `candle_revision.sources`. */
export function sourcesOf(bits: number): TradeSource[] {
  return TRADE_SOURCES.filter((_, place) => (bits & (1 << place)) !== 0);
}

/** Why candles with these bits were revised, in the order of `REVISION_REASONS`. */
export function reasonsOfBits(bits: number): RevisionReason[] {
  const reasons = reasonsOf(sourcesOf(bits));
  return (bits & REBUILD_BIT) === 0 ? reasons : [...reasons, "rebuild"];
}

/** Bits of all sources that cause one of these reasons. */
export function bitsOf(reasons: readonly RevisionReason[]): number {
  return TRADE_SOURCES.reduce(
    (bits, source, place) =>
      reasonsOf([source]).some((reason) => reasons.includes(reason)) ? bits | (1 << place) : bits,
    reasons.includes("rebuild") ? REBUILD_BIT : 0,
  );
}

/** Revised candles per reason, from their number per combination of sources. */
export function countsByReason(
  revised: readonly { sources: number; revisions: number }[],
): Map<RevisionReason, number> {
  const counts = new Map<RevisionReason, number>();
  for (const { sources, revisions } of revised)
    for (const reason of reasonsOfBits(sources))
      counts.set(reason, (counts.get(reason) ?? 0) + revisions);
  return counts;
}
