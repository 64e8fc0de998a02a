-- Makes candles due again that have changed since they were compared, and differences that need a
-- second comparison.
-- $1: market; $2: earliest open time, the beginning of a day; $3: time of the last run, null: each
-- day's own comparison;
-- $4: ms from the first comparison to the second; $5: longest duration (ms) of a transaction;
-- $6: ms since the last run.
WITH own AS (
  SELECT id FROM market WHERE name = $1
), stale AS (
  SELECT r.interval, r.day, c.open_time, c.close_time
  FROM own
  JOIN reconciliation r ON r.market_id = own.id AND r.day >= $2
  JOIN LATERAL (
    SELECT c.open_time, c.close_time, c.updated_at FROM candle c
    WHERE c.market_id = r.market_id AND c.interval = r.interval AND c.open_time >= r.day AND c.open_time < r.day + 86400000
  ) c ON true
  -- `updated_at` is when the row's transaction began, which may have ended after the last run.
  -- Where the clock has been set back since the last run or comparison, which changes came later is
  -- told by their age only, or not at all.
  WHERE r.compared @> c.open_time AND c.updated_at > CASE
      WHEN $3::timestamptz IS NOT NULL THEN least($3, now() - $6 * interval '1 millisecond')
      WHEN r.compared_at <= now() THEN r.compared_at
      ELSE '-infinity'
    END - $5 * interval '1 millisecond'
  UNION
  SELECT d.interval, d.open_time - d.open_time % 86400000, d.open_time, d.close_time
  FROM own
  JOIN candle_difference d ON d.market_id = own.id AND d.open_time >= $2 AND d.state <> 'resolved'
  LEFT JOIN candle c ON c.market_id = d.market_id AND c.interval = d.interval AND c.open_time = d.open_time
  WHERE d.version <> coalesce(c.version, 0)
    OR d.state = 'suspected' AND NOT d.compared_at BETWEEN now() - $4 * interval '1 millisecond' AND now()
), gone AS (
  SELECT interval, day, range_agg(int8range(open_time, close_time + 1)) AS times FROM stale GROUP BY interval, day
), reopened AS (
  UPDATE reconciliation r SET compared = r.compared - g.times
  FROM own, gone g
  WHERE r.market_id = own.id AND r.interval = g.interval AND r.day = g.day AND r.compared && g.times
)
SELECT now()::text AS at
