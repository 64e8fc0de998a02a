-- Trades were merged without intervals that are not stored: their candles lack them from now on.
-- $1–$3: market, interval, and times of those candles (multiranges of epoch ms). Also marked is the
-- rest of the UTC day, where the interval has no candle: else every minute of a market would change
-- the row.
WITH piece AS MATERIALIZED (
  SELECT p.market_id, p.interval, x AS times, (upper(x) - 1) / 86400000 * 86400000 + 86400000 AS midnight
  FROM unnest($1::integer[], $2::candle_interval[], $3::int8multirange[]) AS p (market_id, interval, times), unnest(p.times) x
), stale AS (
  DELETE FROM candle c USING piece p
  WHERE c.market_id = p.market_id AND c.interval = p.interval AND c.open_time >= lower(p.times) AND c.open_time < upper(p.times)
  RETURNING c.*
), kept AS (
  INSERT INTO stale_candle AS k SELECT * FROM stale
  ON CONFLICT (market_id, interval, open_time) DO UPDATE SET version = greatest(k.version, EXCLUDED.version)
), silent AS (
  DELETE FROM announcement a USING stale s
  WHERE a.market_id = s.market_id AND a.interval = s.interval AND a.open_time = s.open_time
)
INSERT INTO unbuilt AS u (market_id, interval, times)
SELECT p.market_id, p.interval, range_agg(CASE
    WHEN p.midnight <= upper(p.times) OR EXISTS (
      SELECT FROM candle c WHERE c.market_id = p.market_id AND c.interval = p.interval
        AND c.open_time >= upper(p.times) AND c.open_time < p.midnight) THEN p.times
    ELSE int8range(lower(p.times), p.midnight) END)
FROM piece p GROUP BY 1, 2
ON CONFLICT (market_id, interval) DO UPDATE SET times = u.times + EXCLUDED.times
