-- Open times of the one-minute candles with the trades before and behind holes, also where those
-- were dropped. Holes without either are left out.
-- $1: market; $2, $3: first ids and ends (exclusive) of the holes.
SELECT h.id_from, h.id_to, before.open_time AS after, behind.open_time AS before
FROM market m CROSS JOIN unnest($2::bigint[], $3::bigint[]) AS h (id_from, id_to)
CROSS JOIN LATERAL (SELECT candle_behind(m.id, '1m', h.id_to) AS open_time) behind
CROSS JOIN LATERAL (
  SELECT c.open_time FROM candle c
  WHERE c.market_id = m.id AND c.interval = '1m' AND c.open_time <= behind.open_time AND c.id_from < h.id_from
  ORDER BY c.open_time DESC LIMIT 1
) before
WHERE m.name = $1 ORDER BY h.id_from
