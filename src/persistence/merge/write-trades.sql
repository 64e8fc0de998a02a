-- Stores a batch and merges what is new in it into every candle: $1–$11 the trades, column by column; $12–$14 the
-- intervals (name, width in ms, anchor); $15, $16 the locked markets and their newest clock record (0: none);
-- $17 the width that all intervals are multiples of. Gives one row: markets, candles and counts of
-- revisions as JSON arrays.
WITH input AS MATERIALIZED (
  SELECT *
  FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::bigint[], $5::numeric[], $6::numeric[], $7::integer[],
    $8::taker_side[], $9::boolean[], $10::trade_source[], $11::bigint[])
    AS t (market_id, time, id, ord, price, amount, count, taker_side, off_book, source, received_at)
), span AS MATERIALIZED (
  SELECT * FROM unnest($12::candle_interval[], $13::bigint[], $14::bigint[]) AS s (interval, width, anchor)
), inserted AS MATERIALIZED (
  INSERT INTO trade (market_id, time, id, ord, price, amount, count, taker_side, off_book, source, received_at)
  SELECT market_id, time, id, ord, price, amount, count, taker_side, off_book, source, received_at FROM input
  ON CONFLICT DO NOTHING
  RETURNING market_id, time, ord, price, amount, count, taker_side, off_book, source
), seen AS MATERIALIZED (
  SELECT market_id, time - time % $17::bigint AS bucket, max(time) AS newest, bool_or(NOT off_book) AS in_candle
  FROM input GROUP BY 1, 2
), tick AS MATERIALIZED (
  SELECT m.id AS market_id, m.ids = 'dense' AS dense, m.covered AS held, m.void, m.blind, m.clock AS before,
    greatest(m.clock, r.clock, s.newest) AS after
  FROM market m JOIN unnest($15::integer[], $16::bigint[]) AS r (market_id, clock) ON r.market_id = m.id
  LEFT JOIN (SELECT market_id, max(newest) AS newest FROM seen GROUP BY 1) s ON s.market_id = m.id
), base AS MATERIALIZED (
  -- Once per base bucket: the arrays give open and close together with the (time, ord) that chose them.
  SELECT market_id, time - time % $17::bigint AS bucket,
    min(ARRAY[time, ord, price]) AS first, max(ARRAY[time, ord, price]) AS last,
    max(price) AS high, min(price) AS low, sum(amount) AS volume, sum(price * amount) AS quote_volume,
    coalesce(sum(amount) FILTER (WHERE taker_side = 'buy'), 0) AS taker_buy_volume,
    coalesce(sum(price * amount) FILTER (WHERE taker_side = 'buy'), 0) AS taker_buy_quote_volume,
    sum(price * count) AS price_sum, sum(count) AS trades, min(ord) AS id_from, max(ord + count) AS id_to,
    -- A bit for each place in the enum.
    bit_or(CASE source WHEN 'live' THEN 1 WHEN 'replay' THEN 2 WHEN 'simulated' THEN 4 WHEN 'posted' THEN 8
      WHEN 'repair' THEN 16 WHEN 'backfill' THEN 32 END) AS sources
  FROM inserted WHERE NOT off_book GROUP BY 1, 2
), rolled AS MATERIALIZED (
  SELECT b.market_id, s.interval,
    CASE WHEN s.width = 0 THEN month_start(b.bucket) ELSE b.bucket - (b.bucket - s.anchor) % s.width END AS open_time,
    s.width, min(b.first) AS first, max(b.last) AS last, max(b.high) AS high, min(b.low) AS low,
    sum(b.volume) AS volume, sum(b.quote_volume) AS quote_volume, sum(b.taker_buy_volume) AS taker_buy_volume,
    sum(b.taker_buy_quote_volume) AS taker_buy_quote_volume, sum(b.price_sum) AS price_sum,
    sum(b.trades)::bigint AS trades, min(b.id_from) AS id_from, max(b.id_to) AS id_to, bit_or(b.sources) AS sources
  FROM base b CROSS JOIN span s GROUP BY 1, 2, 3, 4
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
  CROSS JOIN LATERAL (SELECT CASE WHEN r.width = 0 THEN month_start(r.open_time + 2764800000) ELSE r.open_time + r.width END - 1 AS close_time) e
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
  -- A candle that had ended is changed: what it says in this statement's snapshot, hence before the merge, is kept.
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
  WHERE CASE WHEN r.width = 0 THEN month_start(r.open_time + 2764800000) ELSE r.open_time + r.width END <= t.before
  -- A restored or repaired candle table may count anew: the history never refuses a trade.
  ON CONFLICT DO NOTHING
  RETURNING sources
), due AS MATERIALIZED (
  -- Candles that this batch does not change, but whose end its clock passes.
  UPDATE candle c SET closed = true, version = c.version + 1, updated_at = now()
  FROM tick t
  WHERE c.market_id = t.market_id AND NOT c.closed AND c.close_time < t.after
    AND NOT EXISTS (SELECT FROM rolled r WHERE r.market_id = c.market_id AND r.interval = c.interval AND r.open_time = c.open_time)
  RETURNING c.*
), same AS MATERIALIZED (
  -- Candles of which the batch holds only duplicates: announced again, since the first delivery may have died before.
  SELECT c.*
  FROM (
    SELECT DISTINCT i.market_id, s.interval,
      CASE WHEN s.width = 0 THEN month_start(i.bucket) ELSE i.bucket - (i.bucket - s.anchor) % s.width END AS open_time
    FROM (SELECT market_id, bucket FROM seen s
      WHERE in_candle AND NOT EXISTS (SELECT FROM base b WHERE b.market_id = s.market_id AND b.bucket = s.bucket)) i
    CROSS JOIN span s
  ) k
  JOIN candle c ON c.market_id = k.market_id AND c.interval = k.interval AND c.open_time = k.open_time
  WHERE NOT EXISTS (SELECT FROM rolled r WHERE r.market_id = c.market_id AND r.interval = c.interval AND r.open_time = c.open_time)
    AND NOT EXISTS (SELECT FROM due d WHERE d.market_id = c.market_id AND d.interval = c.interval AND d.open_time = c.open_time)
), news AS MATERIALIZED (
  SELECT i.market_id, sum(i.count)::bigint AS trades, count(*) AS rows, min(i.time) AS first, max(i.time) AS last,
    count(*) FILTER (WHERE i.time - i.time % $17::bigint + $17::bigint <= t.before) AS late,
    CASE WHEN t.dense THEN range_agg(int8range(i.ord, i.ord + i.count)) ELSE '{}' END AS ids
  FROM inserted i JOIN tick t ON t.market_id = i.market_id GROUP BY i.market_id, t.dense, t.before
), extended AS MATERIALIZED (
  UPDATE market m SET clock = t.after, covered = m.covered + coalesce(n.ids, '{}'), trades = m.trades + coalesce(n.trades, 0),
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
  SELECT 0 AS how, * FROM merged UNION ALL SELECT 1, * FROM due UNION ALL SELECT 2, * FROM same
), reach AS (
  SELECT market_id, min(id_from) - 1 AS lowest, max(id_to) + 1 AS highest, min(open_time) AS first, max(close_time) AS last
  FROM touched GROUP BY market_id
), held AS MATERIALIZED (
  -- With all that is wanted of a market: looked up for each market, the touched candles would be read once for each.
  SELECT t.market_id, t.dense, t.blind,
    CASE WHEN isempty(t.void) THEN t.held ELSE known_ids(t.held, t.void) END AS old,
    CASE WHEN isempty(t.void) THEN t.held + coalesce(n.ids, '{}') ELSE known_ids(t.held + coalesce(n.ids, '{}'), t.void) END AS new,
    t.dense AND (t.held && n.ids OR n.trades <> (SELECT sum(upper(x) - lower(x)) FROM unnest(n.ids) x)) AS conflict,
    coalesce(n.rows, 0) AS rows, coalesce(n.late, 0) AS late, r.lowest, r.highest, r.first, r.last
  FROM tick t LEFT JOIN news n ON n.market_id = t.market_id LEFT JOIN reach r ON r.market_id = t.market_id
)
SELECT
  (SELECT coalesce(json_agg(json_build_array(h.market_id, h.rows, h.late, coalesce(h.conflict, false),
      -- Ids at which a hole opened, ended or moved, or that lie newly before the oldest we held.
      (SELECT ((o.new - o.old) + (o.old - o.new) + o.older)::text
        FROM (SELECT range_merge(h.old)::int8multirange - h.old AS old, range_merge(h.new)::int8multirange - h.new AS new,
            CASE WHEN lower(h.new) < lower(h.old) THEN int8multirange(int8range(lower(h.new), lower(h.old))) ELSE '{}' END AS older
          WHERE h.dense AND NOT isempty(h.old) AND h.old <> h.new) o),
      -- The ranges around the touched candles, for their completeness.
      (SELECT range_agg(x)::text FROM unnest(h.new) x WHERE upper(x) >= h.lowest AND lower(x) <= h.highest),
      lower(h.new)::text, upper(h.new)::text,
      -- Times of theirs in which nobody followed a market whose ids tell nothing.
      CASE WHEN h.dense OR isempty(h.blind) THEN NULL ELSE
        (SELECT range_agg(x)::text FROM unnest(h.blind) x WHERE upper(x) > h.first AND lower(x) <= h.last) END)), '[]')::text
    FROM held h) AS markets,
  (SELECT coalesce(json_agg(json_build_array(market_id, interval, open_time, close_time, trim_scale(open)::text,
      trim_scale(high)::text, trim_scale(low)::text, trim_scale(close)::text, trim_scale(volume)::text,
      trim_scale(quote_volume)::text, trim_scale(taker_buy_volume)::text, trim_scale(taker_buy_quote_volume)::text,
      trades, id_from::text, id_to::text, closed, version, revision, how)), '[]')::text
    FROM touched) AS candles,
  (SELECT coalesce(json_agg(json_build_array(sources, revisions)), '[]')::text
    FROM (SELECT sources, count(*) AS revisions FROM revised GROUP BY sources) r) AS revised
