CREATE TYPE id_kind AS ENUM ('dense', 'sparse');
CREATE TYPE trade_kind AS ENUM ('raw', 'aggregated');
CREATE TYPE taker_side AS ENUM ('buy', 'sell', 'unknown');
CREATE TYPE trade_source AS ENUM ('live', 'replay', 'simulated', 'posted');
CREATE TYPE candle_interval AS ENUM
  ('1s', '1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '3d', '1w', '1M');

CREATE TABLE market (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  venue text NOT NULL GENERATED ALWAYS AS (split_part(name, ':', 1)) STORED,
  symbol text NOT NULL GENERATED ALWAYS AS (substr(name, strpos(name, ':') + 1)) STORED,
  -- Both are fixed by the market's first trade.
  ids id_kind NOT NULL,
  kind trade_kind NOT NULL,
  -- Newest exchange time among its trades and clock records, epoch ms: candles that end before it are closed.
  clock bigint NOT NULL DEFAULT 0,
  first_trade bigint,
  last_trade bigint,
  -- Raw trades stored, those in no candle included.
  trades bigint NOT NULL DEFAULT 0,
  -- Raw ids we hold (dense markets); its holes are the gaps.
  covered int8multirange NOT NULL DEFAULT '{}',
  -- The part of covered whose trades retention has dropped.
  dropped int8multirange NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);

CREATE TABLE trade (
  market_id integer NOT NULL,
  time bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  ord bigint NOT NULL,
  price numeric NOT NULL,
  amount numeric NOT NULL,
  count integer NOT NULL,
  taker_side taker_side NOT NULL,
  off_book boolean NOT NULL,
  source trade_source NOT NULL,
  received_at bigint NOT NULL,
  PRIMARY KEY (market_id, time, id)
) PARTITION BY RANGE (time);
CREATE INDEX trade_ord ON trade (market_id, ord);

CREATE TABLE candle (
  market_id integer NOT NULL,
  interval candle_interval NOT NULL,
  open_time bigint NOT NULL,
  close_time bigint NOT NULL,
  open numeric NOT NULL,
  high numeric NOT NULL,
  low numeric NOT NULL,
  close numeric NOT NULL,
  volume numeric NOT NULL,
  quote_volume numeric NOT NULL,
  taker_buy_volume numeric NOT NULL,
  taker_buy_quote_volume numeric NOT NULL,
  price_sum numeric NOT NULL,
  trades bigint NOT NULL,
  -- (time, ord) of the trades that gave open and close: they make the merge independent of order.
  open_ms bigint NOT NULL,
  open_ord bigint NOT NULL,
  close_ms bigint NOT NULL,
  close_ord bigint NOT NULL,
  -- Raw ids id_from … id_to − 1.
  id_from bigint NOT NULL,
  id_to bigint NOT NULL,
  closed boolean NOT NULL,
  version integer NOT NULL,
  revision integer NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (market_id, interval, open_time)
) WITH (fillfactor = 70);
-- No other index: one on a column that changes, even in its condition, would end in-page (HOT) updates.
CREATE INDEX candle_open ON candle (market_id, close_time) WHERE NOT closed;

-- Closed candles whose newest version topic candles may not have yet: written with the change, removed after publishing.
CREATE TABLE announcement (
  market_id integer NOT NULL,
  interval candle_interval NOT NULL,
  open_time bigint NOT NULL,
  version integer NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (market_id, interval, open_time)
);

-- Ids of markets whose ids are not dense: coverage cannot tell there that an id comes back under another time.
CREATE TABLE sparse_id (
  market_id integer NOT NULL,
  id text COLLATE "C" NOT NULL,
  time bigint NOT NULL,
  PRIMARY KEY (market_id, id)
);

-- One row: trades older than this are refused, since they could not be told from duplicates any more.
CREATE TABLE horizon (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  time bigint NOT NULL
);
INSERT INTO horizon (time) VALUES (0);

CREATE TABLE feed (
  market text COLLATE "C" PRIMARY KEY,
  state jsonb NOT NULL,
  at bigint NOT NULL
);

CREATE TABLE dead_letter (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  reason text NOT NULL,
  detail text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" text NOT NULL,
  key text,
  payload text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
-- A redelivered batch refuses the same records again.
CREATE UNIQUE INDEX dead_letter_origin ON dead_letter (topic, partition, "offset", reason, md5(payload));

CREATE FUNCTION month_start(ms bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  RETURN extract(epoch FROM date_trunc('month', timestamp 'epoch' + (ms / 1000) * interval '1 second'))::bigint * 1000;

CREATE FUNCTION moment(ms bigint) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  RETURN timestamptz 'epoch' + ms * interval '1 millisecond';

-- BI tools filter crypto_prices by its timestamp: a few bytes for each hundred pages keep them from reading every day.
CREATE INDEX trade_moment ON trade USING brin (moment(time)) WITH (autosummarize = on);

CREATE VIEW crypto_prices AS
SELECT m.venue, m.symbol, t.price, t.amount, t.taker_side, moment(t.time) AS event_time,
  moment(t.received_at) AS received_time, t.id AS trade_id, t.count AS trades, t.source
FROM trade t JOIN market m ON m.id = t.market_id;

CREATE VIEW candles_1m AS
SELECT m.venue, m.symbol, moment(c.open_time) AS start_time, moment(c.close_time + 1) AS end_time,
  c.open, c.high, c.low, c.close, c.volume, c.quote_volume, c.taker_buy_volume, c.taker_buy_quote_volume,
  c.trades, c.closed, c.version, c.revision
FROM candle c JOIN market m ON m.id = c.market_id
WHERE c.interval = '1m';

CREATE VIEW moving_averages AS
SELECT m.venue, m.symbol, moment(c.open_time) AS start_time, moment(c.close_time + 1) AS end_time,
  c.price_sum / c.trades AS average_price, c.trades
FROM candle c JOIN market m ON m.id = c.market_id
WHERE c.interval = '1m';

-- Reads everything, writes nothing. Without a password nobody can log in as it.
DO $$
BEGIN
  CREATE ROLE tapeline_read NOLOGIN;
EXCEPTION
  WHEN duplicate_object OR unique_violation THEN NULL;
  WHEN insufficient_privilege THEN
    RAISE NOTICE 'no right to create role tapeline_read: create it as an administrator and grant it SELECT';
END $$;
DO $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO tapeline_read', current_schema());
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO tapeline_read', current_schema());
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO tapeline_read', current_schema());
  -- A dump reads sequences, too.
  EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO tapeline_read', current_schema());
EXCEPTION
  WHEN undefined_object OR insufficient_privilege THEN
    RAISE NOTICE 'role tapeline_read has no rights: grant it SELECT as an administrator';
END $$;
