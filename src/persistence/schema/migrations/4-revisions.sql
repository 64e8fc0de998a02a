-- What a closed candle said before each of its revisions, written with the revision (write-trades.sql). What it said
-- after one is in the next, or in the candle itself.
CREATE TABLE candle_revision (
  market_id integer NOT NULL,
  interval candle_interval NOT NULL,
  open_time bigint NOT NULL,
  revision integer NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  -- Of the trades that were added, a bit for each place in enum trade_source: 1 live, 2 replay, 4 simulated, …
  sources integer NOT NULL,
  -- Raw trades that were added.
  added bigint NOT NULL,
  -- As it was; all null when the candle had no trade before its end.
  open numeric,
  high numeric,
  low numeric,
  close numeric,
  volume numeric,
  quote_volume numeric,
  taker_buy_volume numeric,
  taker_buy_quote_volume numeric,
  trades bigint,
  id_from bigint,
  id_to bigint,
  PRIMARY KEY (market_id, interval, open_time, revision)
);
