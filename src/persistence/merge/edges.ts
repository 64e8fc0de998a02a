import type { IdRange } from "../../domain/ranges.js";
import { sqlFile } from "../schema/sql-file.js";
import type { Client } from "../schema/transaction.js";
import { CANDLE_COLUMNS, type CandleRow } from "./candle-columns.js";
import { type intervalColumns, literal } from "./write-batch.js";

const EDGES = sqlFile(import.meta.url, "bump-edge-candles.sql");
/** Trades far out of order open and end thousands of holes at once: neighbours are then taken together. */
const MAX_PIECES = 50;

/**
 * Gives candles whose completeness may have changed a new version, and announces them. The caller holds the locks
 * of the markets, and publishes open candles itself unless it wants them announced, too.
 *
 * @param changed of each market (the id of its row) ascending ids of which it changed whether they are missing
 */
export async function bumpEdgeCandles(
  client: Client,
  changed: ReadonlyMap<number, readonly IdRange[]>,
  { names, longest }: ReturnType<typeof intervalColumns>,
  announced: "closed" | "all",
): Promise<CandleRow[]> {
  const pieces = [...changed].flatMap(([market, ids]) =>
    fewer(ids).map(({ from, to }) => ({ market, from, to })),
  );
  const { rows } = await client.query<CandleRow>({
    text: `${EDGES} SELECT ${CANDLE_COLUMNS} FROM changed c`,
    values: [
      literal(pieces.map(({ market }) => market)),
      literal(pieces.map(({ from }) => from)),
      literal(pieces.map(({ to }) => to)),
      names,
      longest,
      announced === "all",
    ],
    rowMode: "array",
  });
  return rows;
}

/** At most `MAX_PIECES` ranges that hold the given ascending ones. A candle between may get a version it did not need. */
function fewer(ranges: readonly IdRange[]): IdRange[] {
  const size = Math.ceil(ranges.length / MAX_PIECES);
  const groups: IdRange[] = [];
  for (let at = 0; at < ranges.length; at += size) {
    const group = ranges.slice(at, at + size);
    const [first, last] = [group[0], group.at(-1)] as [IdRange, IdRange];
    groups.push({ from: first.from, to: last.to });
  }
  return groups;
}
