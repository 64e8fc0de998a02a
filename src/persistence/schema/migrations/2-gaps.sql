ALTER TYPE trade_source ADD VALUE 'repair';
ALTER TYPE trade_source ADD VALUE 'backfill';

ALTER TABLE market
  -- Raw ids that the venue has confirmed to have no trade for (dense markets).
  ADD void int8multirange NOT NULL DEFAULT '{}',
  -- Exchange times (epoch ms) in which nobody followed a market whose ids show no holes.
  ADD blind int8multirange NOT NULL DEFAULT '{}';

CREATE TYPE gap_state AS ENUM ('open', 'repairing', 'repaired', 'void', 'unrepairable');

-- A hole as first seen. It shrinks and splits and never grows: the row is not ended while any of its ids is missing.
CREATE TABLE gap (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  market_id integer NOT NULL,
  id_from bigint NOT NULL,
  -- Exclusive.
  id_to bigint NOT NULL,
  state gap_state NOT NULL DEFAULT 'open',
  -- Why it is not repaired, or not yet.
  reason text,
  -- Exchange times (epoch ms) of the trades before and behind it.
  after_time bigint,
  before_time bigint,
  found_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  -- How often the venue was asked without an end.
  attempts integer NOT NULL DEFAULT 0,
  -- How the last attempt ended, how many in a row have ended so while nothing came, and the ids that were missing before it.
  outcome text,
  in_a_row integer NOT NULL DEFAULT 0,
  missing bigint,
  next_try_at timestamptz NOT NULL DEFAULT now(),
  -- Ids that the venue had no trade for when last asked, and when: twice, and they are void.
  absent int8multirange NOT NULL DEFAULT '{}',
  absent_at timestamptz,
  -- Of an ended one: ids that got a trade, and that there is none for.
  filled bigint,
  voided bigint
);
CREATE INDEX gap_market ON gap (market_id, id_from);
CREATE UNIQUE INDEX gap_missing ON gap (market_id, id_from) WHERE state NOT IN ('repaired', 'void');
