CREATE TYPE instrument_kind AS ENUM ('spot', 'perpetual', 'future');
CREATE TYPE instrument_status AS ENUM ('trading', 'halted', 'announced', 'closed', 'unknown');

-- What venues say of what is traded on their markets. By name, as feeds are: one is known before its market's first trade.
CREATE TABLE instrument (
  market text COLLATE "C" PRIMARY KEY,
  base text NOT NULL,
  quote text NOT NULL,
  -- Null where the venue does not say; sizes too.
  kind instrument_kind,
  -- Of prices, quote currency per unit of base.
  tick_size numeric CHECK (tick_size > 0),
  -- Of amounts, base currency.
  step_size numeric CHECK (step_size > 0),
  status instrument_status NOT NULL,
  -- When the venue last said so.
  refreshed_at timestamptz NOT NULL DEFAULT now()
);
