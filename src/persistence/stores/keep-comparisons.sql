-- Notes that buckets of a market ($1) and interval ($2) were compared, and which of them differ.
-- $3, $4: their open and close times; $5: JSON of the differences; $6: what changed before this time was seen.
WITH own AS (
  SELECT id FROM market WHERE name = $1
), bucket AS MATERIALIZED (
  SELECT own.id AS market_id, b.open_time, b.close_time
  FROM own, unnest($3::bigint[], $4::bigint[]) AS b (open_time, close_time)
), told AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($5::jsonb)
    AS t ("openTime" bigint, "closeTime" bigint, outcome difference_outcome, fields jsonb, complete boolean, version integer)
), before AS MATERIALIZED (
  SELECT d.open_time, d.state, d.complete
  FROM bucket b
  JOIN candle_difference d ON d.market_id = b.market_id AND d.interval = $2::candle_interval AND d.open_time = b.open_time
), decided AS MATERIALIZED (
  -- A difference is confirmed at the second look, unless trades were missing at the first and are no longer.
  SELECT t.*, b.state AS was, (CASE
      WHEN t.outcome = 'match' THEN 'unjudged'
      WHEN b.state IN ('suspected', 'confirmed') AND b.complete IS NOT DISTINCT FROM t.complete THEN 'confirmed'
      ELSE 'suspected'
    END)::difference_state AS state
  FROM told t LEFT JOIN before b ON b.open_time = t."openTime"
), kept AS (
  INSERT INTO reconciliation AS r (market_id, interval, day, compared, compared_at)
  SELECT market_id, $2::candle_interval, open_time - open_time % 86400000, range_agg(int8range(open_time, close_time + 1)), $6::timestamptz
  FROM bucket GROUP BY 1, 3
  ON CONFLICT (market_id, interval, day) DO UPDATE SET compared = r.compared + EXCLUDED.compared,
    compared_at = greatest(r.compared_at, EXCLUDED.compared_at)
), written AS (
  INSERT INTO candle_difference AS d (market_id, interval, open_time, close_time, outcome, fields, state, complete, version)
  SELECT own.id, $2::candle_interval, t."openTime", t."closeTime", t.outcome, t.fields, t.state, t.complete, t.version
  FROM own, decided t
  ON CONFLICT (market_id, interval, open_time) DO UPDATE SET outcome = EXCLUDED.outcome, fields = EXCLUDED.fields,
    state = EXCLUDED.state, complete = EXCLUDED.complete, version = EXCLUDED.version, compared_at = now(),
    found_at = CASE WHEN d.state = 'resolved' THEN now() ELSE d.found_at END
), resolved AS (
  -- What it said stays, for whoever asks what was wrong.
  UPDATE candle_difference d SET state = 'resolved', compared_at = now()
  FROM own, before b
  WHERE d.market_id = own.id AND d.interval = $2::candle_interval AND d.open_time = b.open_time AND b.state <> 'resolved'
    AND NOT EXISTS (SELECT FROM told t WHERE t."openTime" = b.open_time)
)
SELECT "openTime" AS open_time, state FROM decided WHERE was IS DISTINCT FROM state
