import { CANDLE_COLUMNS } from "./candle-columns.js";
import { type Slot, type Statement, statement } from "./statement.js";
import { COLUMNS, byBucket, byMarket, seen } from "./trade-aggregates.js";
import { TRADE_TYPES, type TradeColumn } from "./write-batch.js";

/*
 * The merge: stores trades and merges the new ones into every candle, in a transaction that holds
 * the markets' locks. Its statements differ only in where their rows come from: arrays, a table, or
 * a day that `foldDay` has aggregated before.
 */

/**
 * Parameters of every merge: all intervals and which are stored, the locked markets, their newest
 * clock records, the base width.
 */
const TYPES = {
  intervals: "candle_interval[]",
  widths: "bigint[]",
  anchors: "bigint[]",
  stored: "boolean[]",
  markets: "integer[]",
  /** 0: none. */
  clocks: "bigint[]",
  /** Width (ms) of a base bucket, of which all stored intervals are multiples. */
  base: "bigint",
} as const;
export type MergeParameter = keyof typeof TYPES;
/** The further parameters of one statement. */
export type MergeInput<Parameter extends string> = Readonly<
  Record<Exclude<Parameter, MergeParameter>, string | number>
>;

/** Select the rows of `market` with `firstTime ≤ time ≤ lastTime` and `fromId ≤ ord < toId`. */
const SPAN_TYPES = {
  market: "integer",
  firstTime: "bigint",
  lastTime: "bigint",
  fromId: "bigint",
  toId: "bigint",
} as const;

/**
 * By market of `inserted`: the newest exchange time that two messages have reached (trades that
 * came together are one), and the newest of all with its arrival. `market.ahead` has that of
 * earlier batches. Posted trades come from a person, not from a venue's clock: this machine's
 * confirms them.
 */
const confirmedTimes = (markets: string): string => `
  SELECT market_id, max(ahead) AS ahead,
    greatest(max(time) FILTER (WHERE received_at <> ahead[2]), max(least(time, received_at)) FILTER (WHERE posted)) AS clock
  FROM (
    SELECT *, max(ARRAY[time, received_at]) OVER (PARTITION BY market_id) AS ahead
    FROM (
      SELECT market_id, received_at, max(time) AS time, bool_or(source = 'posted') AS posted FROM inserted GROUP BY 1, 2
      UNION ALL SELECT id, ahead[2], ahead[1], false FROM market WHERE id = ANY (${markets}) AND ahead IS NOT NULL
    ) message
  ) newest GROUP BY market_id`;

/** The same of history, whose times have been compared with the period of its file. */
const PROVEN_TIMES =
  "SELECT market_id, NULL::bigint[] AS ahead, max(newest) AS clock FROM seen GROUP BY 1";

/**
 * Where the rows come from: the bodies of the queries above, and the queries that these read.
 */
interface Rows {
  before: string;
  seen: string;
  times: string;
  byBucket: string;
  byMarket: string;
}

/** For the queries `input` (all rows) and `inserted` (those that are new). */
function rowsOf(input: string, inserted: string, base: string, times: string): Rows {
  return {
    before: `input AS MATERIALIZED (${input}), inserted AS MATERIALIZED (${inserted}), `,
    seen: seen(base),
    times,
    byBucket: byBucket(base),
    byMarket: byMarket(base),
  };
}

/** Text of a merge; returns one `OutcomeRow`. */
const merge = (slot: Slot<MergeParameter>, rows: Rows): string => `
WITH ${rows.before}seen AS MATERIALIZED (${rows.seen}
), span AS MATERIALIZED (
  -- The intervals of each market, with the times that are not built. One that is not stored is
  -- left out where none of its candles can be whole.
  SELECT b.market_id, s.interval, s.width, s.anchor, s.stored, u.times AS unbuilt
  FROM (SELECT market_id, min(bucket) AS first, max(bucket) + ${slot("base")} AS last FROM seen GROUP BY 1) b
  CROSS JOIN unnest(${slot("intervals")}, ${slot("widths")}, ${slot("anchors")}, ${slot("stored")}) AS s (interval, width, anchor, stored)
  LEFT JOIN unbuilt u ON u.market_id = b.market_id AND u.interval = s.interval
  WHERE s.stored OR (u.times @> int8range(b.first, b.last)) IS NOT TRUE
), tick AS MATERIALIZED (
  SELECT m.id AS market_id, m.ids = 'dense' AS dense, m.covered, m.void, m.blind, m.clock AS before,
    greatest(m.clock, r.clock, s.clock) AS after, s.ahead
  FROM market m JOIN unnest(${slot("markets")}, ${slot("clocks")}) AS r (market_id, clock) ON r.market_id = m.id
  LEFT JOIN (${rows.times}
  ) s ON s.market_id = m.id
), base AS MATERIALIZED (${rows.byBucket}
), rolled AS MATERIALIZED (
  -- Without the candles that lack trades already: those are built anew.
  SELECT b.market_id, s.interval, open_time(s.width, s.anchor, b.bucket) AS open_time, s.width,
    min(b.first) AS first, max(b.last) AS last, max(b.high) AS high, min(b.low) AS low,
    sum(b.volume) AS volume, sum(b.quote_volume) AS quote_volume, sum(b.taker_buy_volume) AS taker_buy_volume,
    sum(b.taker_buy_quote_volume) AS taker_buy_quote_volume, sum(b.price_sum) AS price_sum,
    sum(b.trades)::bigint AS trades, min(b.id_from) AS id_from, max(b.id_to) AS id_to, bit_or(b.sources) AS sources
  FROM base b JOIN span s ON s.market_id = b.market_id
  WHERE s.stored AND (s.unbuilt @> open_time(s.width, s.anchor, b.bucket)) IS NOT TRUE
  GROUP BY 1, 2, 3, 4
), opened AS MATERIALIZED (
  -- Apart, since the planner puts no body in place of close_time() that repeats a costly argument.
  SELECT DISTINCT b.market_id, s.interval, s.width, s.unbuilt, open_time(s.width, s.anchor, b.bucket) AS open_time
  FROM base b JOIN span s ON s.market_id = b.market_id
  WHERE NOT s.stored
), left_out AS MATERIALIZED (
  -- Candles of intervals that are not stored, which lack a trade from now on: several, where the
  -- interval is shorter than a base bucket.
  SELECT o.market_id, o.interval, t.times
  FROM opened o
  CROSS JOIN LATERAL (SELECT int8range(o.open_time, greatest(close_time(o.width, o.open_time) + 1, o.open_time + ${slot("base")})) AS times) t
  WHERE (o.unbuilt @> t.times) IS NOT TRUE
), merged AS MATERIALIZED (
  INSERT INTO candle AS c (market_id, interval, open_time, close_time, open, high, low, close, volume, quote_volume,
    taker_buy_volume, taker_buy_quote_volume, price_sum, trades, open_ms, open_ord, close_ms, close_ord, id_from, id_to,
    closed, version, revision)
  SELECT r.market_id, r.interval, r.open_time, e.close_time, r.first[3], r.high, r.low, r.last[3], r.volume,
    r.quote_volume, r.taker_buy_volume, r.taker_buy_quote_volume, r.price_sum, r.trades, r.first[1], r.first[2],
    r.last[1], r.last[2], r.id_from, r.id_to,
    e.close_time < t.after, 1, (e.close_time < t.before)::integer
  FROM rolled r
  JOIN tick t ON t.market_id = r.market_id
  CROSS JOIN LATERAL (SELECT close_time(r.width, r.open_time) AS close_time) e
  ON CONFLICT (market_id, interval, open_time) DO UPDATE SET
    open = CASE WHEN (EXCLUDED.open_ms, EXCLUDED.open_ord, EXCLUDED.open) < (c.open_ms, c.open_ord, c.open) THEN EXCLUDED.open ELSE c.open END,
    open_ms = least(EXCLUDED.open_ms, c.open_ms),
    open_ord = CASE WHEN (EXCLUDED.open_ms, EXCLUDED.open_ord) < (c.open_ms, c.open_ord) THEN EXCLUDED.open_ord ELSE c.open_ord END,
    close = CASE WHEN (EXCLUDED.close_ms, EXCLUDED.close_ord, EXCLUDED.close) > (c.close_ms, c.close_ord, c.close) THEN EXCLUDED.close ELSE c.close END,
    close_ms = greatest(EXCLUDED.close_ms, c.close_ms),
    close_ord = CASE WHEN (EXCLUDED.close_ms, EXCLUDED.close_ord) > (c.close_ms, c.close_ord) THEN EXCLUDED.close_ord ELSE c.close_ord END,
    high = greatest(EXCLUDED.high, c.high),
    low = least(EXCLUDED.low, c.low),
    volume = c.volume + EXCLUDED.volume,
    quote_volume = c.quote_volume + EXCLUDED.quote_volume,
    taker_buy_volume = c.taker_buy_volume + EXCLUDED.taker_buy_volume,
    taker_buy_quote_volume = c.taker_buy_quote_volume + EXCLUDED.taker_buy_quote_volume,
    price_sum = c.price_sum + EXCLUDED.price_sum,
    trades = c.trades + EXCLUDED.trades,
    id_from = least(EXCLUDED.id_from, c.id_from),
    id_to = greatest(EXCLUDED.id_to, c.id_to),
    closed = c.closed OR EXCLUDED.closed,
    version = c.version + 1,
    revision = c.revision + c.closed::integer,
    updated_at = now()
  RETURNING c.*
), revised AS MATERIALIZED (
  -- A candle that had ended is changed: its values in this statement's snapshot, hence before
  -- the merge, are kept.
  INSERT INTO candle_revision (market_id, interval, open_time, revision, sources, added, open, high, low, close, volume,
    quote_volume, taker_buy_volume, taker_buy_quote_volume, trades, id_from, id_to)
  SELECT r.market_id, r.interval, r.open_time, coalesce(o.revision, 0) + 1, r.sources, r.trades, o.open, o.high, o.low,
    o.close, o.volume, o.quote_volume, o.taker_buy_volume, o.taker_buy_quote_volume, o.trades, o.id_from, o.id_to
  FROM rolled r
  JOIN tick t ON t.market_id = r.market_id
  LEFT JOIN LATERAL (
    SELECT c.* FROM candle c WHERE c.market_id = r.market_id AND c.interval = r.interval AND c.open_time = r.open_time
    -- Keeps this a look-up by key for each: joined freely it may read all candles.
    OFFSET 0
  ) o ON true
  WHERE close_time(r.width, r.open_time) < t.before
  -- A restored or repaired candle table may count anew: the history never refuses a trade.
  ON CONFLICT DO NOTHING
  RETURNING sources
), due AS MATERIALIZED (
  -- Candles that this batch does not change, but whose end its clock passes.
  UPDATE candle c SET closed = true, version = c.version + 1, updated_at = now()
  FROM tick t
  WHERE c.market_id = t.market_id AND NOT c.closed AND c.close_time < t.after
    AND NOT EXISTS (SELECT FROM rolled r WHERE r.market_id = c.market_id AND r.interval = c.interval AND r.open_time = c.open_time)
    AND NOT EXISTS (SELECT FROM left_out l WHERE l.market_id = c.market_id AND l.interval = c.interval AND l.times @> c.open_time)
  RETURNING c.*
), same AS MATERIALIZED (
  -- Candles of which the batch holds only duplicates: announced again, since the first
  -- delivery may have died before.
  SELECT c.*
  FROM (
    SELECT DISTINCT i.market_id, s.interval, open_time(s.width, s.anchor, i.bucket) AS open_time
    FROM (SELECT market_id, bucket FROM seen s
      WHERE in_candle AND NOT EXISTS (SELECT FROM base b WHERE b.market_id = s.market_id AND b.bucket = s.bucket)) i
    JOIN span s ON s.market_id = i.market_id AND s.stored
  ) k
  JOIN candle c ON c.market_id = k.market_id AND c.interval = k.interval AND c.open_time = k.open_time
  WHERE NOT EXISTS (SELECT FROM rolled r WHERE r.market_id = c.market_id AND r.interval = c.interval AND r.open_time = c.open_time)
    AND NOT EXISTS (SELECT FROM due d WHERE d.market_id = c.market_id AND d.interval = c.interval AND d.open_time = c.open_time)
), news AS MATERIALIZED (${rows.byMarket}
), extended AS MATERIALIZED (
  UPDATE market m SET clock = t.after, ahead = coalesce(t.ahead, m.ahead),
    covered = m.covered + coalesce(n.ids, '{}'), trades = m.trades + coalesce(n.trades, 0),
    first_trade = least(m.first_trade, n.first), last_trade = greatest(m.last_trade, n.last)
  FROM tick t LEFT JOIN news n ON n.market_id = t.market_id
  WHERE m.id = t.market_id AND (n.market_id IS NOT NULL OR t.after > t.before)
  RETURNING m.id
), announced AS (
  INSERT INTO announcement (market_id, interval, open_time, version)
  SELECT market_id, interval, open_time, version FROM merged WHERE closed
  UNION ALL SELECT market_id, interval, open_time, version FROM due
  ON CONFLICT (market_id, interval, open_time) DO UPDATE SET version = EXCLUDED.version, at = now()
), touched AS (
  SELECT * FROM merged UNION ALL SELECT * FROM due UNION ALL SELECT * FROM same
), reach AS (
  SELECT market_id, min(id_from) - 1 AS lowest, max(id_to) + 1 AS highest, min(open_time) AS first, max(close_time) AS last
  FROM touched GROUP BY market_id
), state AS MATERIALIZED (
  -- All figures of a market in one row: with a look-up per market, the touched candles would
  -- be read once for each.
  SELECT t.market_id, t.dense, t.blind,
    CASE WHEN isempty(t.void) THEN t.covered ELSE known_ids(t.covered, t.void) END AS old,
    CASE WHEN isempty(t.void) THEN t.covered + coalesce(n.ids, '{}') ELSE known_ids(t.covered + coalesce(n.ids, '{}'), t.void) END AS new,
    t.dense AND (t.covered && n.ids OR n.trades <> (SELECT sum(upper(x) - lower(x)) FROM unnest(n.ids) x)) AS conflict,
    coalesce(n.rows, 0) AS rows, coalesce(n.late, 0) AS late, r.lowest, r.highest, r.first, r.last
  FROM tick t LEFT JOIN news n ON n.market_id = t.market_id LEFT JOIN reach r ON r.market_id = t.market_id
)
SELECT
  (SELECT coalesce(json_agg(json_build_object('market', h.market_id, 'stored', h.rows, 'late', h.late,
      'conflict', coalesce(h.conflict, false),
      -- Ids at which a hole opened, ended or moved, or that are now covered before the oldest one.
      'changed', (SELECT ((o.new - o.old) + (o.old - o.new) + o.older)::text
        FROM (SELECT range_merge(h.old)::int8multirange - h.old AS old, range_merge(h.new)::int8multirange - h.new AS new,
            CASE WHEN lower(h.new) < lower(h.old) THEN int8multirange(int8range(lower(h.new), lower(h.old))) ELSE '{}' END AS older
          WHERE h.dense AND NOT isempty(h.old) AND h.old <> h.new) o),
      -- The ranges around the touched candles, for their completeness.
      'known', (SELECT range_agg(x)::text FROM unnest(h.new) x WHERE upper(x) >= h.lowest AND lower(x) <= h.highest),
      'oldest', lower(h.new)::text, 'newest', upper(h.new)::text,
      -- Their unwatched times, in a sparse market.
      'blind', CASE WHEN h.dense OR isempty(h.blind) THEN NULL ELSE
        (SELECT range_agg(x)::text FROM unnest(h.blind) x WHERE upper(x) > h.first AND lower(x) <= h.last) END)), '[]')::text
    FROM state h) AS markets,
  (SELECT coalesce(json_agg(json_build_array(${CANDLE_COLUMNS})), '[]')::text FROM touched c) AS candles,
  (SELECT coalesce(json_agg(json_build_object('sources', sources, 'revisions', revisions)), '[]')::text
    FROM (SELECT sources, count(*) AS revisions FROM revised GROUP BY sources) r) AS revised,
  -- As their times.
  (SELECT coalesce(json_agg(json_build_object('market', market_id, 'interval', interval, 'times', times)), '[]')::text
    FROM (
      SELECT market_id, interval, range_agg(times)::text AS times FROM left_out GROUP BY 1, 2
    ) x) AS "leftOut"`;

const INSERT = `
  INSERT INTO trade (${COLUMNS}) SELECT ${COLUMNS} FROM input
  ON CONFLICT DO NOTHING
  RETURNING market_id, time, ord, price, amount, count, taker_side, off_book, source, received_at`;

/** Merges trades that are given as an array per column. */
export const WRITE_TRADES = statement("write-trades", { ...TRADE_TYPES, ...TYPES }, (slot) => {
  const columns = Object.keys(TRADE_TYPES) as TradeColumn[];
  const input = `SELECT * FROM unnest(${columns.map(slot).join(", ")}) AS t (${COLUMNS})`;
  return merge(slot, rowsOf(input, INSERT, slot("base"), confirmedTimes(slot("markets"))));
});

/** Merges the trades of the table `staged`; those that are stored already are left out. */
export const WRITE_STAGED = statement("write-staged", TYPES, (slot) =>
  merge(slot, rowsOf(`SELECT ${COLUMNS} FROM staged`, INSERT, slot("base"), PROVEN_TIMES)),
);

/**
 * Merges the trades that this transaction has copied into `trade`: a market's rows in a span of
 * times and ids.
 */
export const WRITE_COPIED = statement("write-copied", { ...SPAN_TYPES, ...TYPES }, (slot) => {
  const input = `SELECT ${COLUMNS} FROM trade
    WHERE market_id = ${slot("market")} AND time BETWEEN ${slot("firstTime")} AND ${slot("lastTime")}
      AND ord >= ${slot("fromId")} AND ord < ${slot("toId")}`;
  return merge(slot, rowsOf(input, "SELECT * FROM input", slot("base"), PROVEN_TIMES));
});

/**
 * Merges what `foldDay` made of a day whose trades are not kept. Not prepared: its temporary tables
 * are new each time.
 */
export const WRITE_FOLDED: Statement<MergeParameter> = statement("", TYPES, (slot) =>
  merge(slot, {
    before: "",
    seen: "SELECT * FROM day_seen",
    times: PROVEN_TIMES,
    byBucket: "SELECT * FROM day_base",
    byMarket: "SELECT * FROM day_news",
  }),
);
