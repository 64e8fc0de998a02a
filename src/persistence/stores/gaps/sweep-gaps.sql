-- Updates the ledger of the markets $1 (names): new holes get a row (at most $2), gaps of which no
-- id is missing any more end. Returns sums of both by market.
WITH m AS MATERIALIZED (
  SELECT id, name, void, dropped, last_trade, range_merge(covered)::int8multirange - covered - void AS missing
  FROM market WHERE name = ANY ($1::text[]) AND ids = 'dense' AND NOT isempty(covered)
), known AS MATERIALIZED (
  SELECT g.market_id, range_agg(int8range(g.id_from, g.id_to)) AS ids
  FROM gap g JOIN m ON m.id = g.market_id WHERE g.state NOT IN ('repaired', 'void') GROUP BY 1
), fresh AS MATERIALIZED (
  SELECT m.id, m.name, m.dropped, m.last_trade, lower(h) AS id_from, upper(h) AS id_to
  FROM m LEFT JOIN known k ON k.market_id = m.id CROSS JOIN unnest(m.missing - coalesce(k.ids, '{}')) h
  ORDER BY lower(h) LIMIT $2
), found AS (
  INSERT INTO gap (market_id, id_from, id_to, after_time, before_time)
  SELECT f.id, f.id_from, f.id_to,
    (SELECT t.time FROM trade t WHERE t.market_id = f.id AND t.ord < f.id_from AND t.time <= f.last_trade ORDER BY t.ord DESC LIMIT 1),
    -- Behind a dropped trade, the next one that is kept may be days away.
    CASE WHEN f.id_to < upper(f.dropped) THEN NULL
      ELSE (SELECT t.time FROM trade t WHERE t.market_id = f.id AND t.ord >= f.id_to AND t.time <= f.last_trade ORDER BY t.ord LIMIT 1) END
  FROM fresh f
  ON CONFLICT DO NOTHING
  RETURNING market_id, id_from, id_to, after_time, before_time
), ended AS (
  UPDATE gap g SET state = (CASE WHEN v.ids = g.id_to - g.id_from THEN 'void' ELSE 'repaired' END)::gap_state,
    voided = v.ids, filled = g.id_to - g.id_from - v.ids, reason = NULL, absent = '{}', changed_at = now()
  FROM gap o JOIN m ON m.id = o.market_id CROSS JOIN LATERAL (
    SELECT coalesce(sum(upper(x) - lower(x)), 0)::bigint AS ids FROM unnest(m.void * int8range(o.id_from, o.id_to)::int8multirange) x
  ) v
  WHERE g.id = o.id AND o.state NOT IN ('repaired', 'void') AND NOT m.missing && int8range(o.id_from, o.id_to)
  RETURNING g.*
), news AS (
  SELECT 'found' AS event, market_id, id_from, id_to, after_time, before_time, 0 AS filled, now() AS found_at FROM found
  UNION ALL
  SELECT state::text, market_id, id_from, id_to, after_time, before_time, filled, found_at FROM ended
)
SELECT m.name AS market, n.event, count(*)::integer AS gaps, sum(n.id_to - n.id_from)::text AS ids, min(n.id_from)::text AS "fromId",
  (max(n.id_to) - 1)::text AS "toId", min(n.after_time)::float8 AS after, max(n.before_time)::float8 AS before,
  sum(n.filled)::text AS trades, max(extract(epoch FROM now() - n.found_at))::float8 AS seconds
FROM news n JOIN m ON m.id = n.market_id GROUP BY m.name, n.event ORDER BY m.name, n.event
