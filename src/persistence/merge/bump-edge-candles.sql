-- A hole opened, ended or moved: the completeness of candles at its edges and between changes,
-- hence their version. The caller appends the SELECT from `changed`.
-- $1–$3: market, first id and end (exclusive) of each piece of coverage that changed; $4, $5:
-- interval names and the longest (ms) that their buckets can be; $6: whether open candles are
-- announced, too, because the caller does not publish them.
WITH span AS MATERIALIZED (
  SELECT * FROM unnest($4::candle_interval[], $5::bigint[]) AS s (interval, width)
), traded AS MATERIALIZED (
  -- Minutes are stored always.
  SELECT p.*, m.dropped, '1m'::candle_interval AS finest, before.time AS before, after.time AS after
  FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS p (market_id, id_from, id_to)
  JOIN market m ON m.id = p.market_id
  LEFT JOIN LATERAL (SELECT t.time FROM trade t WHERE t.market_id = p.market_id AND t.ord < p.id_from ORDER BY t.ord DESC LIMIT 1) before ON true
  LEFT JOIN LATERAL (SELECT t.time FROM trade t WHERE t.market_id = p.market_id AND t.ord >= p.id_to ORDER BY t.ord LIMIT 1) after ON true
), ahead AS MATERIALIZED (
  -- The trade behind a piece was dropped: the first candle with ids behind it gives its time.
  SELECT t.market_id, t.id_from, t.dropped, t.finest, t.before, CASE WHEN t.id_to < upper(t.dropped) THEN d.close_time ELSE t.after END AS after
  FROM traded t LEFT JOIN LATERAL (
    SELECT c.close_time FROM candle c
    WHERE t.id_to < upper(t.dropped) AND c.market_id = t.market_id AND c.interval = t.finest
      AND c.open_time = candle_behind(t.market_id, t.finest, t.id_to)
    LIMIT 1
  ) d ON true
), piece AS MATERIALIZED (
  -- The same for the trade before it.
  SELECT a.market_id, least(coalesce(a.before, d.open_time), a.after) AS first, greatest(a.before, a.after, d.open_time) AS last
  FROM ahead a LEFT JOIN LATERAL (
    SELECT c.open_time FROM candle c
    WHERE a.before IS NULL AND lower(a.dropped) < a.id_from
      AND c.market_id = a.market_id AND c.interval = a.finest AND c.id_from < a.id_from
      AND c.open_time <= coalesce(a.after, 9223372036854775807)
    ORDER BY c.open_time DESC LIMIT 1
  ) d ON true
), key AS MATERIALIZED (
  SELECT DISTINCT k.market_id, k.interval, k.open_time
  FROM piece CROSS JOIN span s
  CROSS JOIN LATERAL (
    SELECT c.market_id, c.interval, c.open_time FROM candle c
    WHERE c.market_id = piece.market_id AND c.interval = s.interval AND c.close_time >= piece.first
      AND c.open_time BETWEEN piece.first - s.width AND piece.last
    -- Keeps this a range read of the key for each piece: joined freely it reads all candles for
    -- each.
    OFFSET 0
  ) k
), changed AS (
  UPDATE candle c SET version = c.version + 1, updated_at = now()
  FROM key k WHERE c.market_id = k.market_id AND c.interval = k.interval AND c.open_time = k.open_time
  RETURNING c.*
), announced AS (
  INSERT INTO announcement (market_id, interval, open_time, version)
  SELECT market_id, interval, open_time, version FROM changed WHERE closed OR $6
  ON CONFLICT (market_id, interval, open_time) DO UPDATE SET version = EXCLUDED.version, at = now()
)
