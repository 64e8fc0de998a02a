-- Ids of which it is known whether there is a trade: those that are held, and void ones as soon as nothing beside them is
-- missing. Beside a hole, a void id would seem to end the hole's reach: its trades may belong to the next candle all the same.
CREATE FUNCTION known_ids(covered int8multirange, void int8multirange) RETURNS int8multirange
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN isempty(void) THEN covered ELSE covered + coalesce((
    SELECT range_agg(v)
    -- OFFSET keeps it one value: files of futures leave out thousands of ids, for each of which it would be computed anew.
    FROM (SELECT range_merge(covered)::int8multirange - covered - void AS ids OFFSET 0) missing, unnest(void - covered) v
    WHERE NOT missing.ids @> lower(v) - 1 AND NOT missing.ids @> upper(v)
  ), '{}') END;

-- When the first candle with ids behind `id` opens, also where its trades were dropped: found by halving, since ids ascend
-- with time and have no index.
CREATE FUNCTION candle_behind(market integer, intervals candle_interval, id bigint) RETURNS bigint
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN (
    WITH RECURSIVE halving (low, high) AS (
      SELECT min(open_time), max(open_time) + 1 FROM candle WHERE market_id = market AND interval = intervals
      UNION ALL
      SELECT CASE WHEN c.id_to > id THEN h.low ELSE c.open_time + 1 END, CASE WHEN c.id_to > id THEN x.middle ELSE h.high END
      FROM halving h CROSS JOIN LATERAL (SELECT (h.low + h.high) / 2 AS middle) x CROSS JOIN LATERAL (
        SELECT open_time, id_to FROM candle WHERE market_id = market AND interval = intervals AND open_time >= x.middle
        ORDER BY open_time LIMIT 1
      ) c
      WHERE h.low < h.high
    )
    SELECT c.open_time FROM halving h JOIN candle c ON c.market_id = market AND c.interval = intervals AND c.open_time >= h.low
    WHERE h.low = h.high ORDER BY c.open_time LIMIT 1
  );
