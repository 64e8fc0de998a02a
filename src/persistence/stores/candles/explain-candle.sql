-- Aggregates a candle's stored trades in one pass. Independent of write-statement.ts, as verify.sql
-- is: open and close are found by order, not by comparing keys.
-- $1 market, $2, $3 first ms and end (exclusive), $4 maximum of rows.
WITH part AS MATERIALIZED (
  SELECT source, off_book, count(*) AS rows, count(*) FILTER (WHERE count > 1) AS aggregated, sum(count) AS trades,
    max(price) AS high, min(price) AS low, sum(amount) AS volume, sum(price * amount) AS quote_volume,
    sum(CASE taker_side WHEN 'buy' THEN amount ELSE 0 END) AS taker_buy_volume,
    sum(CASE taker_side WHEN 'buy' THEN price * amount ELSE 0 END) AS taker_buy_quote_volume,
    min(ord) AS id_from, max(ord + count) AS id_to
  FROM (
    SELECT source, off_book, count, price, amount, taker_side, ord
    FROM trade WHERE market_id = $1 AND time >= $2 AND time < $3 LIMIT $4
  ) t
  GROUP BY source, off_book
)
SELECT
  coalesce(sum(rows), 0)::integer AS rows,
  coalesce(sum(trades), 0)::float8 AS trades,
  coalesce(sum(aggregated), 0)::integer AS "aggregatedRows",
  coalesce(sum(rows) FILTER (WHERE off_book), 0)::integer AS "offBookRows",
  coalesce(sum(trades) FILTER (WHERE off_book), 0)::float8 AS "offBookTrades",
  (SELECT coalesce(json_agg(s ORDER BY s.source), '[]')
    FROM (SELECT source, sum(rows)::integer AS rows, sum(trades)::float8 AS trades FROM part GROUP BY source) s) AS sources,
  (SELECT trim_scale(price)::text FROM trade WHERE market_id = $1 AND time >= $2 AND time < $3 AND NOT off_book
    ORDER BY time, ord, price LIMIT 1) AS open,
  trim_scale(max(high) FILTER (WHERE NOT off_book))::text AS high,
  trim_scale(min(low) FILTER (WHERE NOT off_book))::text AS low,
  (SELECT trim_scale(price)::text FROM trade WHERE market_id = $1 AND time >= $2 AND time < $3 AND NOT off_book
    ORDER BY time DESC, ord DESC, price DESC LIMIT 1) AS close,
  trim_scale(sum(volume) FILTER (WHERE NOT off_book))::text AS volume,
  trim_scale(sum(quote_volume) FILTER (WHERE NOT off_book))::text AS "quoteVolume",
  trim_scale(sum(taker_buy_volume) FILTER (WHERE NOT off_book))::text AS "takerBuyVolume",
  trim_scale(sum(taker_buy_quote_volume) FILTER (WHERE NOT off_book))::text AS "takerBuyQuoteVolume",
  (sum(trades) FILTER (WHERE NOT off_book))::text AS "candleTrades",
  (min(id_from) FILTER (WHERE NOT off_book))::text AS "firstTradeId",
  (max(id_to) FILTER (WHERE NOT off_book) - 1)::text AS "lastTradeId"
FROM part
