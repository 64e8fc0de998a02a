import { COPY_COLUMNS } from "./copy-text.js";
import { COLUMNS, byBucket, byMarket, seen } from "./write-statement.js";

/** Like `trade`, but for one transaction of this connection alone, and not logged. */
export const CREATE_STAGED =
  "CREATE TEMPORARY TABLE staged (LIKE trade) ON COMMIT DELETE ROWS";
export const COPY_STAGED = `COPY staged (${COPY_COLUMNS}) FROM STDIN`;
export const COPY_TRADES = `COPY trade (${COPY_COLUMNS}) FROM STDIN`;

/**
 * Of a day whose trades are not kept: everything about `staged` that takes long, so that only the merge of its buckets
 * needs the market's lock. `base` is the width that all intervals are multiples of.
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

/** Behind the merge of what `foldDay` made: its ids are covered, and known to be without trades. */
export const DROP_FOLDED =
  "UPDATE market m SET dropped = m.dropped + n.ids FROM day_news n WHERE m.id = n.market_id";

/** Leaves out what is covered already ($1: the market). A trade that is only partly so stays, for the merge to refuse. */
export const FORGET_COVERED = `
  DELETE FROM staged s
  USING (SELECT lower(x) AS id_from, upper(x) AS id_to FROM market m, unnest(m.covered) x WHERE m.id = $1) held
  WHERE s.ord >= held.id_from AND s.ord + s.count <= held.id_to`;
