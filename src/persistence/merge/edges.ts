import type { IdRange } from "../../domain/ranges.js";
import { sqlFile } from "../schema/sql-file.js";
import type { Client } from "../schema/transaction.js";
import { CANDLE_COLUMNS, type CandleRow } from "./candle-columns.js";
import { EVERY_INTERVAL } from "./interval-columns.js";
import { literal } from "./write-batch.js";

const EDGES = sqlFile(import.meta.url, "bump-edge-candles.sql");
/**
 * Trades far out of order open and end thousands of holes at once: adjacent ranges are then
 * coalesced.
 */
const MAX_RANGES = 50;

/** Raw ids of one market, by the id of its row; the end is exclusive. */
type MarketIdRange = IdRange & { market: number };

/**
 * Increments the version of candles whose completeness may have changed, and announces them. The
 * caller holds the locks of the markets, and publishes open candles itself unless it wants them
 * announced, too.
 *
 * @param changed ids that became missing or no longer are: ascending, by the id of the market's row
 */
export async function bumpEdgeCandles(
  client: Client,
  changed: ReadonlyMap<number, readonly IdRange[]>,
  announced: "closed" | "all",
): Promise<CandleRow[]> {
  const ranges: MarketIdRange[] = [...changed].flatMap(([market, ids]) =>
    coalesce(ids).map(({ from, to }) => ({ market, from, to })),
  );
  const { rows } = await client.query<CandleRow>({
    text: `${EDGES} SELECT ${CANDLE_COLUMNS} FROM changed c`,
    values: [
      literal(ranges.map(({ market }) => market)),
      literal(ranges.map(({ from }) => from)),
      literal(ranges.map(({ to }) => to)),
      EVERY_INTERVAL.names,
      EVERY_INTERVAL.longest,
      announced === "all",
    ],
    rowMode: "array",
  });
  return rows;
}

/**
 * At most `MAX_RANGES` ranges that contain the given ascending ones. A candle between may get a
 * version it does not need.
 */
function coalesce(ranges: readonly IdRange[]): IdRange[] {
  const size = Math.ceil(ranges.length / MAX_RANGES);
  const groups: IdRange[] = [];
  for (let at = 0; at < ranges.length; at += size) {
    const group = ranges.slice(at, at + size);
    const [first, last] = [group[0], group.at(-1)] as [IdRange, IdRange];
    groups.push({ from: first.from, to: last.to });
  }
  return groups;
}
