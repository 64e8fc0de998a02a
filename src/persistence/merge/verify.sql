-- Candles of market $1 recomputed from its stored trades (from the horizon $2 on) and compared with
-- the stored ones. Independent of write-statement.ts on purpose, and without its merge: it orders
-- trades instead of comparing keys.
-- $3–$5: interval names, widths, anchors; $6: the base width. Candles that are not built are none.
WITH base AS (
  SELECT time - time % $6::bigint AS bucket,
    (array_agg(price ORDER BY time, ord, price))[1] AS open, (array_agg(price ORDER BY time DESC, ord DESC, price DESC))[1] AS close,
    max(price) AS high, min(price) AS low, sum(amount) AS volume, sum(price * amount) AS quote_volume,
    sum(CASE taker_side WHEN 'buy' THEN amount ELSE 0 END) AS taker_buy_volume,
    sum(CASE taker_side WHEN 'buy' THEN price * amount ELSE 0 END) AS taker_buy_quote_volume,
    sum(price * count) AS price_sum, sum(count) AS trades, min(ord) AS id_from, max(ord + count) AS id_to
  FROM trade WHERE market_id = $1 AND time >= $2 AND NOT off_book GROUP BY 1
), expected AS (
  SELECT s.interval,
    CASE WHEN s.width = 0 THEN month_start(b.bucket) ELSE b.bucket - (b.bucket - s.anchor) % s.width END AS open_time,
    (array_agg(b.open ORDER BY b.bucket))[1] AS open, max(b.high) AS high, min(b.low) AS low,
    (array_agg(b.close ORDER BY b.bucket DESC))[1] AS close, sum(b.volume) AS volume, sum(b.quote_volume) AS quote_volume,
    sum(b.taker_buy_volume) AS taker_buy_volume, sum(b.taker_buy_quote_volume) AS taker_buy_quote_volume,
    sum(b.price_sum) AS price_sum, sum(b.trades) AS trades, min(b.id_from) AS id_from, max(b.id_to) AS id_to
  FROM base b CROSS JOIN unnest($3::candle_interval[], $4::bigint[], $5::bigint[]) AS s (interval, width, anchor)
  WHERE NOT EXISTS (SELECT FROM unbuilt u WHERE u.market_id = $1 AND u.interval = s.interval
    AND u.times @> (CASE WHEN s.width = 0 THEN month_start(b.bucket) ELSE b.bucket - (b.bucket - s.anchor) % s.width END))
  GROUP BY 1, 2
), stored AS (
  SELECT * FROM candle WHERE market_id = $1 AND open_time >= $2 AND interval = ANY ($3::candle_interval[])
), compared AS (
  SELECT coalesce(e.interval, c.interval) AS interval, coalesce(e.open_time, c.open_time) AS open_time,
    to_jsonb(e) - 'interval' - 'open_time' AS expected,
    CASE WHEN c.market_id IS NOT NULL THEN jsonb_build_object('open', c.open, 'high', c.high, 'low', c.low, 'close', c.close, 'volume', c.volume,
      'quote_volume', c.quote_volume, 'taker_buy_volume', c.taker_buy_volume, 'taker_buy_quote_volume', c.taker_buy_quote_volume,
      'price_sum', c.price_sum, 'trades', c.trades, 'id_from', c.id_from, 'id_to', c.id_to) END AS stored,
    c.closed IS DISTINCT FROM (c.close_time < m.clock) AS wrong_state
  FROM expected e
  FULL JOIN stored c ON c.interval = e.interval AND c.open_time = e.open_time
  JOIN market m ON m.id = $1
  WHERE coalesce(e.open_time, c.open_time) >= $2
)
SELECT (SELECT count(*) FROM stored)::integer AS candles,
  count(*) FILTER (WHERE different)::integer AS differences,
  coalesce((jsonb_agg(jsonb_build_object('interval', interval, 'openTime', open_time, 'expected', expected, 'stored', stored)
    ORDER BY interval, open_time) FILTER (WHERE different AND place <= 20)), '[]') AS examples
FROM (
  SELECT *, row_number() OVER (PARTITION BY different ORDER BY interval, open_time) AS place
  FROM (SELECT *, expected IS DISTINCT FROM stored OR wrong_state AS different FROM compared) d
) r
