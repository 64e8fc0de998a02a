-- Stores times in which no process followed the market $1, which the caller has locked. Candles
-- that become incomplete by it get a new version.
-- $2: a multirange of exchange times; $3, $4: interval names and the longest (ms) that their
-- buckets can be.
WITH m AS MATERIALIZED (
  SELECT id, blind AS old, $2::int8multirange - blind AS fresh FROM market WHERE id = $1
), marked AS (
  UPDATE market SET blind = market.blind + m.fresh FROM m WHERE market.id = m.id
), key AS MATERIALIZED (
  SELECT DISTINCT k.market_id, k.interval, k.open_time
  FROM m CROSS JOIN unnest(m.fresh) AS piece CROSS JOIN unnest($3::candle_interval[], $4::bigint[]) AS s (interval, longest)
  CROSS JOIN LATERAL (
    SELECT c.market_id, c.interval, c.open_time FROM candle c
    WHERE c.market_id = m.id AND c.interval = s.interval AND c.close_time >= lower(piece)
      AND c.open_time >= lower(piece) - s.longest AND c.open_time < upper(piece)
      -- One that was unwatched before has its version already.
      AND NOT m.old && int8range(c.open_time, c.close_time + 1)
    -- Keeps this a range read of the key for each piece.
    OFFSET 0
  ) k
), changed AS (
  UPDATE candle c SET version = c.version + 1, updated_at = now()
  FROM key k WHERE c.market_id = k.market_id AND c.interval = k.interval AND c.open_time = k.open_time
  RETURNING c.market_id, c.interval, c.open_time, c.version
)
INSERT INTO announcement (market_id, interval, open_time, version)
SELECT market_id, interval, open_time, version FROM changed
ON CONFLICT (market_id, interval, open_time) DO UPDATE SET version = EXCLUDED.version, at = now()
