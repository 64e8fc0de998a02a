import { sqlFile } from "../schema/sql-file.js";
import { queryNamed, withQuery, withoutParameters } from "./named-query.js";

// Without its comments, which name its parameters.
const WRITE = sqlFile(import.meta.url, "write-trades.sql").replace(
  /--[^\n]*/g,
  "",
);
/** Those that hold the trades; here they are in `staged`. */
const TRADE_PARAMETERS = 11;
const COPIED_PARAMETERS = 5;
const BASE_WIDTH = /\$17\b/g;
const COLUMNS =
  "market_id, time, id, ord, price, amount, count, taker_side, off_book, source, received_at";

/** Like `trade`, but for one transaction of this connection alone, and not logged. */
export const CREATE_STAGED =
  "CREATE TEMPORARY TABLE staged (LIKE trade) ON COMMIT DELETE ROWS";
export const COPY_STAGED = `COPY staged (${COLUMNS}) FROM STDIN`;

const staged = withQuery(WRITE, "input", `SELECT ${COLUMNS} FROM staged`);

/** Merges `staged`; trades that are stored already are left out. */
export const WRITE_STAGED = withoutParameters(staged, TRADE_PARAMETERS);

export const COPY_TRADES = `COPY trade (${COLUMNS}) FROM STDIN`;

/** Merges what this transaction has copied into `trade`: $1 the market, $2, $3 the span of time, $4, $5 that of ids (end exclusive). */
export const WRITE_COPIED = withQuery(
  withQuery(
    withoutParameters(staged, TRADE_PARAMETERS - COPIED_PARAMETERS),
    "input",
    `SELECT ${COLUMNS} FROM trade WHERE market_id = $1::integer AND time BETWEEN $2::bigint AND $3::bigint AND ord >= $4::bigint AND ord < $5::bigint`,
  ),
  "inserted",
  `SELECT ${COLUMNS} FROM input`,
);

/**
 * Of a day whose trades are not kept: everything about `staged` that takes long, so that only the merge of its buckets
 * needs the market's lock. `base` is the width that all intervals are multiples of.
 */
export function foldDay(base: number): string[] {
  const rows = `(SELECT ${COLUMNS} FROM staged)`;
  const folded = (name: string, queries: string): string =>
    `CREATE TEMPORARY TABLE day_${name} ON COMMIT DROP AS ` +
    `WITH ${queries} ${queryNamed(WRITE, name).replace(BASE_WIDTH, String(base))}`;
  return [
    folded("seen", `input AS ${rows}`),
    folded("base", `inserted AS ${rows}`),
    folded(
      "news",
      `inserted AS ${rows}, tick AS (SELECT id AS market_id, ids = 'dense' AS dense, clock AS before FROM market)`,
    ),
  ];
}

/** Merges what `foldDay` made. Its ids become covered and are known to be without trades. */
export const WRITE_FOLDED = withoutParameters(
  ["seen", "base", "news"].reduce(
    (statement, name) =>
      withQuery(statement, name, `SELECT * FROM day_${name}`),
    withQuery(
      // None: widths are above 0. All merges take the same parameters.
      withQuery(
        WRITE,
        "input",
        `SELECT ${COLUMNS} FROM staged WHERE $17::bigint < 0`,
      ),
      "inserted",
      `SELECT ${COLUMNS} FROM staged WHERE false`,
    ),
  ),
  TRADE_PARAMETERS,
);

export const DROP_FOLDED =
  "UPDATE market m SET dropped = m.dropped + n.ids FROM day_news n WHERE m.id = n.market_id";

/** Leaves out what is covered already ($1: the market). A trade that is only partly so stays, for the merge to refuse. */
export const FORGET_COVERED = `
  DELETE FROM staged s
  USING (SELECT lower(x) AS id_from, upper(x) AS id_to FROM market m, unnest(m.covered) x WHERE m.id = $1) held
  WHERE s.ord >= held.id_from AND s.ord + s.count <= held.id_to`;
