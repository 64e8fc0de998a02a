import { REBUILD_BIT } from "../schema/revision-sources.js";
import { type Slot, statement } from "../merge/statement.js";
import { COLUMNS, byBucket } from "../merge/trade-aggregates.js";

/*
 * Candles of one market and interval in a span of time, made anew of trades or of narrower candles.
 * The transaction holds the market's lock.
 */

const TYPES = {
  market: "integer",
  interval: "candle_interval",
  width: "bigint",
  anchor: "bigint",
  /** Whole buckets, epoch ms; `to` is exclusive. */
  from: "bigint",
  to: "bigint",
  /** The narrower interval. */
  source: "candle_interval",
} as const;
export type RebuildParameter = keyof typeof TYPES;

/** What a rebuilding returns. */
export interface RebuiltRow {
  candles: number;
  revised: number;
  announced: number;
}

const VALUES = `open, high, low, close, volume, quote_volume, taker_buy_volume, taker_buy_quote_volume, price_sum, trades,
    open_ms, open_ord, close_ms, close_ord, id_from, id_to`;
const valuesOf = (row: string): string =>
  VALUES.split(/,\s*/)
    .map((column) => `${row}.${column}`)
    .join(", ");
const SET = VALUES.split(/,\s*/)
  .map((column) => `${column} = EXCLUDED.${column}`)
  .join(", ");

/**
 * Candles that had values before keep the count of their versions; a closed one whose values change
 * gets a revision. Announced are those that somebody may hold, and the newest.
 */
const rebuild = (slot: Slot<RebuildParameter>, built: string): string => {
  const span = (row: string): string =>
    `${row}.market_id = ${slot("market")} AND ${row}.interval = ${slot("interval")} AND ${row}.open_time >= ${slot("from")} AND ${row}.open_time < ${slot("to")}`;
  return `
WITH ${built}, fresh AS MATERIALIZED (
  SELECT bucket AS open_time, close_time(${slot("width")}, bucket) AS close_time, first[3] AS open, high, low, last[3] AS close,
    volume, quote_volume, taker_buy_volume, taker_buy_quote_volume, price_sum, trades,
    first[1]::bigint AS open_ms, first[2]::bigint AS open_ord, last[1]::bigint AS close_ms, last[2]::bigint AS close_ord, id_from, id_to
  FROM built
), prior AS MATERIALIZED (
  SELECT c.*, false AS stale FROM candle c WHERE ${span("c")}
  UNION ALL
  SELECT s.*, true FROM stale_candle s WHERE ${span("s")}
), gone AS (
  DELETE FROM stale_candle s WHERE ${span("s")}
), removed AS (
  DELETE FROM candle c WHERE ${span("c")} AND NOT EXISTS (SELECT FROM fresh f WHERE f.open_time = c.open_time)
  RETURNING c.open_time
), silent AS (
  DELETE FROM announcement a USING removed r
  WHERE a.market_id = ${slot("market")} AND a.interval = ${slot("interval")} AND a.open_time = r.open_time
), compared AS MATERIALIZED (
  SELECT f.*, m.clock, p.version, p.revision, coalesce(p.closed, false) AS was_closed, coalesce(p.stale, true) AS stale,
    p.open_time IS NOT NULL AND (${valuesOf("f")}) IS DISTINCT FROM (${valuesOf("p")}) AS differs
  FROM fresh f JOIN market m ON m.id = ${slot("market")} LEFT JOIN prior p ON p.open_time = f.open_time
), written AS (
  INSERT INTO candle AS c (market_id, interval, open_time, close_time, ${VALUES}, closed, version, revision)
  SELECT ${slot("market")}, ${slot("interval")}, n.open_time, n.close_time, ${valuesOf("n")},
    n.was_closed OR n.close_time < n.clock, coalesce(n.version, 0) + 1, coalesce(n.revision, 0) + (n.was_closed AND n.differs)::integer
  FROM compared n WHERE n.stale OR n.differs
  ON CONFLICT (market_id, interval, open_time) DO UPDATE SET ${SET}, closed = EXCLUDED.closed, version = EXCLUDED.version,
    revision = EXCLUDED.revision, updated_at = now()
  RETURNING c.open_time, c.version
), revised AS (
  INSERT INTO candle_revision (market_id, interval, open_time, revision, sources, added, open, high, low, close, volume,
    quote_volume, taker_buy_volume, taker_buy_quote_volume, trades, id_from, id_to)
  SELECT ${slot("market")}, ${slot("interval")}, n.open_time, n.revision + 1, ${REBUILD_BIT}, n.trades - p.trades, p.open, p.high, p.low,
    p.close, p.volume, p.quote_volume, p.taker_buy_volume, p.taker_buy_quote_volume, p.trades, p.id_from, p.id_to
  FROM compared n JOIN prior p ON p.open_time = n.open_time WHERE n.was_closed AND n.differs
  ON CONFLICT DO NOTHING
  RETURNING 1
), announced AS (
  INSERT INTO announcement (market_id, interval, open_time, version)
  SELECT ${slot("market")}, ${slot("interval")}, w.open_time, w.version
  FROM written w JOIN compared n ON n.open_time = w.open_time
  WHERE n.version IS NOT NULL OR n.close_time >= n.clock - 60000
  ON CONFLICT (market_id, interval, open_time) DO UPDATE SET version = EXCLUDED.version, at = now()
  RETURNING 1
)
SELECT (SELECT count(*) FROM written)::integer AS candles, (SELECT count(*) FROM revised)::integer AS revised,
  (SELECT count(*) FROM announced)::integer AS announced`;
};

/** Of the stored trades; buckets are no calendar months. */
export const REBUILD_FROM_TRADES = statement("rebuild-from-trades", TYPES, (slot) =>
  rebuild(
    slot,
    `inserted AS MATERIALIZED (
  SELECT ${COLUMNS} FROM trade
  WHERE market_id = ${slot("market")} AND time >= ${slot("from")} AND time < ${slot("to")}
), built AS MATERIALIZED (${byBucket(slot("width"))}
)`,
  ),
);

/** Of the candles of a narrower interval, which are whole. */
export const REBUILD_FROM_CANDLES = statement("rebuild-from-candles", TYPES, (slot) =>
  rebuild(
    slot,
    `built AS MATERIALIZED (
  SELECT open_time(${slot("width")}, ${slot("anchor")}, c.open_time) AS bucket,
    min(ARRAY[c.open_ms, c.open_ord, c.open]) AS first, max(ARRAY[c.close_ms, c.close_ord, c.close]) AS last,
    max(c.high) AS high, min(c.low) AS low, sum(c.volume) AS volume, sum(c.quote_volume) AS quote_volume,
    sum(c.taker_buy_volume) AS taker_buy_volume, sum(c.taker_buy_quote_volume) AS taker_buy_quote_volume,
    sum(c.price_sum) AS price_sum, sum(c.trades)::bigint AS trades, min(c.id_from) AS id_from, max(c.id_to) AS id_to
  FROM candle c
  WHERE c.market_id = ${slot("market")} AND c.interval = ${slot("source")} AND c.open_time >= ${slot("from")} AND c.open_time < ${slot("to")}
  GROUP BY 1
)`,
  ),
);
