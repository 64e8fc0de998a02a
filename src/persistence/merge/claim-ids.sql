-- Stores the ids of trades of sparse markets ($1 market, $2 id, $3 time) and returns the positions
-- (from 0) of those that are stored under another time; of two in one batch the first keeps the id.
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::integer[], $2::text[], $3::bigint[]) WITH ORDINALITY AS t (market_id, id, time, place)
), claimed AS (
  INSERT INTO sparse_id AS s (market_id, id, time)
  SELECT DISTINCT ON (market_id, id) market_id, id, time FROM input ORDER BY market_id, id, place
  -- Writes nothing new; it makes the stored time come back.
  ON CONFLICT (market_id, id) DO UPDATE SET time = s.time
  RETURNING market_id, id, time
)
SELECT (i.place - 1)::integer AS place
FROM input i JOIN claimed c ON c.market_id = i.market_id AND c.id = i.id
WHERE c.time <> i.time
