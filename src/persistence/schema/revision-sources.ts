import type { DataSource } from "typeorm";
import { type RevisionReason, reasonsOf } from "../../domain/revision.js";
import { TRADE_SOURCES, type TradeSource } from "../../domain/trade.js";

/**
 * Throws unless the database numbers the sources as `TRADE_SOURCES` does: bits that are stored would mean others. More of
 * them at the end are those of a newer process.
 */
export async function checkSources(
  reader: Pick<DataSource, "query">,
): Promise<void> {
  const rows: { sources: string[] }[] = await reader.query(
    "SELECT enum_range(NULL::trade_source)::text[] AS sources",
  );
  const stored = rows[0]?.sources ?? [];
  if (TRADE_SOURCES.some((source, place) => stored[place] !== source))
    throw new Error(
      `Sources of trades are ${stored.join(", ")} in the database, and ${TRADE_SOURCES.join(", ")} here`,
    );
}

/** `WHEN` branches that give a source's bit: one for each place in `TRADE_SOURCES`. */
export const SOURCE_BITS = TRADE_SOURCES.map(
  (source, place) => `WHEN '${source}' THEN ${1 << place}`,
).join(" ");

/** Of `candle_revision.sources`. */
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

/** How many candles were revised for each reason, of how many were by trades of such sources. */
export function countsByReason(
  revised: readonly { sources: number; revisions: number }[],
): Map<RevisionReason, number> {
  const counts = new Map<RevisionReason, number>();
  for (const { sources, revisions } of revised)
    for (const reason of reasonsOf(sourcesOf(sources)))
      counts.set(reason, (counts.get(reason) ?? 0) + revisions);
  return counts;
}
