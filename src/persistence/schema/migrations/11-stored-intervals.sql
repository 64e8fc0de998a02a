-- Which intervals are stored: one set for all processes, changed by the recorder that starts with another one.
CREATE TABLE stored_interval (
  interval candle_interval PRIMARY KEY
);
INSERT INTO stored_interval SELECT i FROM unnest(enum_range(NULL::candle_interval)) i WHERE i <> '1s';

-- Times at which trades were merged without an interval: until they are built, its candles lack trades there, or are
-- missing. Without a row all of a market's candles of the interval are whole.
CREATE TABLE unbuilt (
  market_id integer NOT NULL,
  interval candle_interval NOT NULL,
  times int8multirange NOT NULL DEFAULT '{}',
  -- Whole as far as is known, to be built again.
  requested int8multirange NOT NULL DEFAULT '{}',
  -- The part of `times` that is not being built: cancelled, or its trades are gone.
  given_up int8multirange NOT NULL DEFAULT '{}',
  -- Ms built since there was nothing to build.
  built bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (market_id, interval)
);

-- Candles that lack trades. A candle in table `candle` never does: it is moved here in the transaction that stores
-- the first trade it lacks. Kept for the numbers of versions and for the history, until it is built.
CREATE TABLE stale_candle (LIKE candle INCLUDING DEFAULTS, PRIMARY KEY (market_id, interval, open_time));

-- Before this migration a changed setting was not noticed. An interval whose candles hold fewer trades than another's
-- of the same market lacks some, and is built anew.
WITH sums AS MATERIALIZED (
  SELECT market_id, interval, sum(trades) AS trades FROM candle GROUP BY 1, 2
)
INSERT INTO unbuilt (market_id, interval, times)
SELECT m.id, i.interval, int8multirange(int8range(
  -- The longest buckets of the first and the last trade, and those of 3 days that lie across their edges.
  least(open_time(604800000, 345600000, m.first_trade), month_start(m.first_trade)) - 259200000,
  greatest(open_time(604800000, 345600000, m.last_trade) + 604800000, close_time(0, month_start(m.last_trade)) + 1) + 259200000))
FROM market m
CROSS JOIN unnest(enum_range(NULL::candle_interval)) AS i (interval)
LEFT JOIN sums c ON c.market_id = m.id AND c.interval = i.interval
JOIN (SELECT market_id, max(trades) AS trades FROM sums GROUP BY 1) most ON most.market_id = m.id
WHERE coalesce(c.trades, 0) < most.trades;

WITH moved AS (
  DELETE FROM candle c USING unbuilt u WHERE c.market_id = u.market_id AND c.interval = u.interval RETURNING c.*
)
INSERT INTO stale_candle SELECT * FROM moved;
DELETE FROM announcement a USING unbuilt u WHERE a.market_id = u.market_id AND a.interval = u.interval;
