CREATE TYPE backfill_state AS ENUM ('waiting', 'running', 'done', 'failed', 'cancelled');
CREATE TYPE backfill_asker AS ENUM ('command', 'api', 'bootstrap');

-- Jobs that load history. Whoever works on one holds an advisory lock with its id; this row is all that others see of it.
CREATE TABLE backfill (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  market text COLLATE "C" NOT NULL,
  -- Exchange times, epoch ms; the end is exclusive.
  from_time bigint NOT NULL,
  to_time bigint NOT NULL CHECK (to_time > from_time),
  asked_by backfill_asker NOT NULL,
  state backfill_state NOT NULL DEFAULT 'waiting',
  -- Everything from from_time to here is loaded, or named in notes. Moves in the transaction that stores the trades.
  reached bigint NOT NULL,
  -- Lowest id loaded so far, where a venue is asked from the newest trade backwards; then reached stays until the end.
  lowest_id bigint,
  -- Part (0–1) of the time between from_time and to_time.
  progress double precision NOT NULL DEFAULT 0,
  -- Trades read from the sources, and those that were not stored before.
  read bigint NOT NULL DEFAULT 0,
  stored bigint NOT NULL DEFAULT 0,
  -- Trades read a second, of the last seconds.
  rate double precision NOT NULL DEFAULT 0,
  -- What is under way.
  doing text,
  -- What a user should know of the result: days without a file, holes, sources that were not used.
  notes jsonb NOT NULL DEFAULT '[]',
  -- Why it failed, or why it is being tried again.
  problem text,
  -- Since it last got on.
  attempts integer NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL DEFAULT now(),
  asked_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  changed_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
CREATE INDEX backfill_open ON backfill (next_try_at) WHERE state IN ('waiting', 'running');
-- A market is followed for the first time only once.
CREATE UNIQUE INDEX backfill_bootstrap ON backfill (market) WHERE asked_by = 'bootstrap';
