-- Stores that buckets were compared, and which of them differ.
-- $1, $2: market and interval; $3, $4: open and close times of the buckets; $5: JSON of the
-- differences; $6: earlier changes were taken into account.
WITH own AS (
  SELECT id FROM market WHERE name = $1
), bucket AS MATERIALIZED (
  SELECT own.id AS market_id, b.open_time, b.close_time
  FROM own, unnest($3::bigint[], $4::bigint[]) AS b (open_time, close_time)
), difference AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($5::jsonb)
    AS t ("openTime" bigint, "closeTime" bigint, outcome difference_outcome, fields jsonb, complete boolean, version integer)
), before AS MATERIALIZED (
  SELECT d.open_time, d.state, d.complete
  FROM bucket b
  JOIN candle_difference d ON d.market_id = b.market_id AND d.interval = $2::candle_interval AND d.open_time = b.open_time
), decided AS MATERIALIZED (
  -- A difference is confirmed by the second comparison, unless trades were missing at the first and
  -- are no longer.
  SELECT t.*, b.state AS was, (CASE
      WHEN t.outcome = 'match' THEN 'unjudged'
      WHEN b.state IN ('suspected', 'confirmed') AND b.complete IS NOT DISTINCT FROM t.complete THEN 'confirmed'
      ELSE 'suspected'
    END)::difference_state AS state
  FROM difference t LEFT JOIN before b ON b.open_time = t."openTime"
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
  -- Its fields stay, as a record of what was wrong.
  UPDATE candle_difference d SET state = 'resolved', compared_at = now()
  FROM own, before b
  WHERE d.market_id = own.id AND d.interval = $2::candle_interval AND d.open_time = b.open_time AND b.state <> 'resolved'
    AND NOT EXISTS (SELECT FROM difference t WHERE t."openTime" = b.open_time)
)
SELECT "openTime" AS open_time, state FROM decided WHERE was IS DISTINCT FROM state
