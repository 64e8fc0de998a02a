import { sqlFile } from "../schema/sql-file.js";
import type { Client } from "../schema/transaction.js";
import type { CandleRow } from "./touched.js";
import { type intervalColumns, literal } from "./write-batch.js";

const EDGES = sqlFile(import.meta.url, "touch-edges.sql");
/** Trades far out of order open and end thousands of holes at once: neighbours are then taken together. */
const MOST_PIECES = 50;

/** Ids (end exclusive) of which it changed whether they are missing. */
export interface Piece {
  /** The market's. */
  id: number;
  from: string;
  to: string;
}

/**
 * Gives candles whose completeness the pieces may have changed a new version, and announces them. The caller holds the locks
 * of the markets, and publishes open candles itself unless it wants them announced, too.
 */
export async function touchEdges(
  client: Client,
  pieces: readonly Piece[],
  { names, widths }: ReturnType<typeof intervalColumns>,
  announced: "closed" | "all",
): Promise<CandleRow[]> {
  const { rows } = await client.query<CandleRow>({
    text: EDGES,
    values: [
      literal(pieces.map(({ id }) => id)),
      literal(pieces.map(({ from }) => from)),
      literal(pieces.map(({ to }) => to)),
      names,
      widths,
      announced === "all",
    ],
    rowMode: "array",
  });
  return rows;
}

/** At most `MOST_PIECES` ranges that hold the given ascending ones. A candle between may get a version it did not need. */
export function fewer(
  ranges: readonly (readonly [string, string])[],
): [string, string][] {
  const size = Math.ceil(ranges.length / MOST_PIECES);
  const groups: [string, string][] = [];
  for (let at = 0; at < ranges.length; at += size) {
    const group = ranges.slice(at, at + size);
    groups.push([group[0]?.[0] ?? "", group.at(-1)?.[1] ?? ""]);
  }
  return groups;
}
