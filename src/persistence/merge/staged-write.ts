import { COPY_COLUMNS } from "./copy-text.js";
import { COLUMNS, byBucket, byMarket, seen } from "./trade-aggregates.js";

/**
 * A table like `trade` that only this connection sees, emptied at commit and not written to the
 * WAL.
 */
export const CREATE_STAGED = "CREATE TEMPORARY TABLE staged (LIKE trade) ON COMMIT DELETE ROWS";
export const COPY_STAGED = `COPY staged (${COPY_COLUMNS}) FROM STDIN`;
export const COPY_TRADES = `COPY trade (${COPY_COLUMNS}) FROM STDIN`;

/**
 * Statements that aggregate `staged`, a day whose trades are not kept, into base buckets. They run
 * before the market is locked, so that only the merge of the buckets needs the lock.
 *
 * @param base width (ms) of a base bucket, of which all intervals are multiples
 */
export function foldDay(base: number): string[] {
  const width = `${base}::bigint`;
  const table = (name: string, queries: string, body: string): string =>
    `CREATE TEMPORARY TABLE day_${name} ON COMMIT DROP AS WITH ${queries} ${body}`;
  const rows = `(SELECT ${COLUMNS} FROM staged)`;
  const tick =
    "tick AS (SELECT id AS market_id, ids = 'dense' AS dense, clock AS before FROM market)";
  return [
    table("seen", `input AS ${rows}`, seen(width)),
    table("base", `inserted AS ${rows}`, byBucket(width)),
    table("news", `inserted AS ${rows}, ${tick}`, byMarket(width)),
  ];
}

/**
 * To run after the merge of what `foldDay` made: its ids are covered, but their trades are not
 * stored.
 */
export const MARK_DROPPED =
  "UPDATE market m SET dropped = m.dropped + n.ids FROM day_news n WHERE m.id = n.market_id";

/**
 * Deletes from `staged` what is covered already ($1: the market). A trade that is only partly
 * covered stays, for the merge to refuse.
 */
export const DELETE_COVERED = `
  DELETE FROM staged s
  USING (SELECT lower(x) AS id_from, upper(x) AS id_to FROM market m, unnest(m.covered) x WHERE m.id = $1) held
  WHERE s.ord >= held.id_from AND s.ord + s.count <= held.id_to`;
