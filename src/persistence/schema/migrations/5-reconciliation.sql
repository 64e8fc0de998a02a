-- Which candles were compared with the venue's own, by the UTC day in which they open.
CREATE TABLE reconciliation (
  market_id integer NOT NULL,
  interval candle_interval NOT NULL,
  day bigint NOT NULL,
  -- Open to close (exclusive) of those candles and empty buckets, epoch ms.
  compared int8multirange NOT NULL,
  -- What changed before this was seen by the newest comparison.
  compared_at timestamptz NOT NULL,
  PRIMARY KEY (market_id, interval, day)
);

CREATE TYPE difference_outcome AS ENUM ('match', 'differs', 'missing_here', 'missing_there');
CREATE TYPE difference_state AS ENUM ('suspected', 'confirmed', 'unjudged', 'resolved');

CREATE TABLE candle_difference (
  market_id integer NOT NULL,
  interval candle_interval NOT NULL,
  open_time bigint NOT NULL,
  close_time bigint NOT NULL,
  outcome difference_outcome NOT NULL,
  -- [{field, ours, theirs, judged}], decimals as text.
  fields jsonb NOT NULL,
  state difference_state NOT NULL,
  -- Of our candle when it was compared; version 0 when there was none.
  complete boolean,
  version integer NOT NULL,
  found_at timestamptz NOT NULL DEFAULT now(),
  compared_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (market_id, interval, open_time)
);
