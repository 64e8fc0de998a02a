-- A print off the book may have the price 0, which would enter every average.
CREATE OR REPLACE VIEW crypto_prices AS
SELECT m.venue, m.symbol, t.price, t.amount, t.taker_side, moment(t.time) AS event_time,
  moment(t.received_at) AS received_time, t.id AS trade_id, t.count AS trades, t.source
FROM trade t JOIN market m ON m.id = t.market_id
WHERE NOT t.off_book;
