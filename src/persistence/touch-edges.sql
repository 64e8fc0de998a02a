-- A hole opened, ended or moved: candles at its edges and between have another completeness, hence another version.
-- $1–$3: market, first id and end (exclusive) of each piece of coverage that changed; $4, $5: interval names and widths.
WITH piece AS MATERIALIZED (
  SELECT p.market_id, least(before.time, after.time) AS first, greatest(before.time, after.time) AS last
  FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS p (market_id, id_from, id_to)
  LEFT JOIN LATERAL (SELECT t.time FROM trade t WHERE t.market_id = p.market_id AND t.ord < p.id_from ORDER BY t.ord DESC LIMIT 1) before ON true
  LEFT JOIN LATERAL (SELECT t.time FROM trade t WHERE t.market_id = p.market_id AND t.ord >= p.id_to ORDER BY t.ord LIMIT 1) after ON true
), key AS MATERIALIZED (
  SELECT DISTINCT k.market_id, k.interval, k.open_time
  FROM piece CROSS JOIN unnest($4::candle_interval[], $5::bigint[]) AS s (interval, width)
  CROSS JOIN LATERAL (
    SELECT c.market_id, c.interval, c.open_time FROM candle c
    WHERE c.market_id = piece.market_id AND c.interval = s.interval AND c.close_time >= piece.first
      AND c.open_time BETWEEN piece.first - CASE WHEN s.width = 0 THEN 2678400000 ELSE s.width END AND piece.last
    -- Keeps this a range read of the key for each piece: joined freely it reads all candles for each.
    OFFSET 0
  ) k
), changed AS (
  UPDATE candle c SET version = c.version + 1, updated_at = now()
  FROM key k WHERE c.market_id = k.market_id AND c.interval = k.interval AND c.open_time = k.open_time
  RETURNING c.*
), announced AS (
  INSERT INTO announcement (market_id, interval, open_time, version)
  SELECT market_id, interval, open_time, version FROM changed WHERE closed
  ON CONFLICT (market_id, interval, open_time) DO UPDATE SET version = EXCLUDED.version, at = now()
)
SELECT c.market_id, c.interval, c.open_time, c.close_time, trim_scale(c.open)::text AS open, trim_scale(c.high)::text AS high,
  trim_scale(c.low)::text AS low, trim_scale(c.close)::text AS close, trim_scale(c.volume)::text AS volume,
  trim_scale(c.quote_volume)::text AS quote_volume, trim_scale(c.taker_buy_volume)::text AS taker_buy_volume,
  trim_scale(c.taker_buy_quote_volume)::text AS taker_buy_quote_volume, c.trades, c.id_from, c.id_to, c.closed, c.version, c.revision
FROM changed c
