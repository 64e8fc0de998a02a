import type { Candle } from "../../../domain/candle.js";
import type { Gap } from "../gaps/gap-store.js";
import { timesAround } from "../gaps/hole-times.js";
import type { Reader } from "./candle-store.js";

/** Entries of each list: a month of an unreliable feed has thousands. */
const MAX_RANGES = 100;
const AROUND = timesAround("lower(x)", "upper(x)");

/** Raw ids as the API gives them: `fromId … toId`, both inclusive. */
type Ids = Pick<Gap, "fromId" | "toId">;

/**
 * Stored and missing ids of a candle and directly beside it; the first 100 ranges of each, by id.
 */
export interface CandleIds {
  held: Ids[];
  /** Confirmed by the venue to have no trade. */
  void: Ids[];
  gaps: Gap[];
  /** Number of ranges of each in total. */
  counts: { held: number; void: number; gaps: number };
}

/** Null on markets whose ids are not dense. */
export async function idsAround(
  { market, firstTradeId, lastTradeId }: Candle,
  reader: Reader,
): Promise<CandleIds | null> {
  if (firstTradeId === null || lastTradeId === null) return null;
  const rows: { ids: CandleIds }[] = await reader.query(
    `WITH m AS MATERIALIZED (
       SELECT id, covered, dropped, void - covered AS void, last_trade, $2::bigint AS id_from, $3::bigint + 1 AS id_to FROM market WHERE name = $1
     ), reach AS MATERIALIZED (
       -- Void ids beside it are skipped; its neighbour is what lies behind them.
       SELECT coalesce((SELECT lower(v) FROM unnest(void) v WHERE v @> id_from - 1), id_from) AS lowest,
         coalesce((SELECT upper(v) FROM unnest(void) v WHERE v @> id_to), id_to) AS highest FROM m
     ), held AS (
       SELECT x, row_number() OVER (ORDER BY x) AS place FROM m, reach, unnest(covered) x WHERE upper(x) >= lowest AND lower(x) <= highest
     ), none AS (
       SELECT x, row_number() OVER (ORDER BY x) AS place FROM m, reach, unnest(void) x WHERE upper(x) >= lowest AND lower(x) <= highest
     ), hole AS (
       SELECT x, row_number() OVER (ORDER BY x) AS place
       FROM m, reach, unnest(range_merge(covered)::int8multirange - covered - void) x WHERE upper(x) >= lowest AND lower(x) <= highest
     )
     SELECT json_build_object(
       'held', (SELECT coalesce(json_agg(${IDS} ORDER BY x), '[]') FROM held WHERE place <= $4),
       'void', (SELECT coalesce(json_agg(${IDS} ORDER BY x), '[]') FROM none WHERE place <= $4),
       'gaps', (SELECT coalesce(json_agg(json_build_object('fromId', lower(x)::text, 'toId', (upper(x) - 1)::text, 'ids', (upper(x) - lower(x))::text,
           'afterTime', ${AROUND.after}, 'beforeTime', ${AROUND.before},
           'state', coalesce(l.state, 'open'), 'reason', l.reason, 'foundAt', floor(extract(epoch FROM l.found_at) * 1000)::bigint, 'endedAt', NULL,
           'attempts', coalesce(l.attempts, 0))
         ORDER BY x), '[]')
         FROM m CROSS JOIN hole LEFT JOIN gap l ON l.market_id = m.id AND l.state NOT IN ('repaired', 'void') AND l.id_from <= lower(x) AND l.id_to >= upper(x)
         WHERE place <= $4),
       'counts', json_build_object('held', (SELECT count(*) FROM held), 'void', (SELECT count(*) FROM none), 'gaps', (SELECT count(*) FROM hole))) AS ids`,
    [market, firstTradeId, lastTradeId, MAX_RANGES],
  );
  return rows[0]?.ids ?? null;
}

const IDS = `json_build_object('fromId', lower(x)::text, 'toId', (upper(x) - 1)::text)`;
