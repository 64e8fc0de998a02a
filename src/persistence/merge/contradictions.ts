import type { Trade } from "../../domain/trade.js";
import type { Client } from "../schema/transaction.js";
import { type Slot, queryOf, statement } from "./statement.js";
import { COLUMNS } from "./trade-aggregates.js";
import { type KnownMarket, TRADE_TYPES, type TradeColumn } from "./write-batch.js";

/** A trade whose id is stored, at the same time, with another content. */
export interface Contradiction {
  trade: Trade;
  /** The stored content as JSON. */
  stored: string;
}

/** The span of the rows' times, so that only the tables of its days are planned for and locked. */
const SPAN = { firstTime: "bigint", lastTime: "bigint" } as const;
type SpanParameter = keyof typeof SPAN;

/** Of a row `i` the stored one, `t`; OFFSET keeps this a look-up by key for each. */
const stored = (slot: Slot<SpanParameter>): string => `
  SELECT t.* FROM trade t
  WHERE t.market_id = i.market_id AND t.time = i.time AND t.id = i.id AND t.time BETWEEN ${slot("firstTime")} AND ${slot("lastTime")}
  OFFSET 0`;

/**
 * Whether `i` and `t`, of one id and time, contradict each other: only in what both sources report.
 * A side may be unknown; `ord` is assigned by us in sparse markets, and one raw trade's is its id;
 * only streams mark prints off the book.
 */
const CONTRADICT = `(
    (t.price, t.amount, t.count) <> (i.price, i.amount, i.count)
    OR (t.count > 1 AND t.ord <> i.ord)
    OR (t.taker_side <> i.taker_side AND t.taker_side <> 'unknown' AND i.taker_side <> 'unknown')
    OR (t.off_book <> i.off_book AND t.source = 'live' AND i.source = 'live'))`;

const rows = (slot: Slot<TradeColumn>): string => {
  const columns = Object.keys(TRADE_TYPES) as TradeColumn[];
  return `unnest(${columns.map(slot).join(", ")}) WITH ORDINALITY AS i (${COLUMNS}, place)`;
};

/**
 * Positions of rows whose id is stored at their time with another content, and that content. Not
 * prepared, as the others: it is planned for the days of its rows.
 */
const CONTRADICTING = statement(
  "",
  { ...TRADE_TYPES, ...SPAN },
  (slot) => `
SELECT (i.place - 1)::integer AS place, json_build_object('price', trim_scale(t.price)::text, 'amount', trim_scale(t.amount)::text,
  'count', t.count, 'takerSide', t.taker_side, 'offBook', t.off_book, 'source', t.source, 'receivedAt', t.received_at)::text AS stored
FROM ${rows(slot)}
CROSS JOIN LATERAL (${stored(slot)}) t
WHERE ${CONTRADICT}`,
);

/** Ids of the rows of `staged` that are stored at their time with another content. */
const CONTRADICTING_STAGED = statement(
  "",
  SPAN,
  (slot) => `
SELECT i.id FROM staged i
CROSS JOIN LATERAL (${stored(slot)}) t
WHERE ${CONTRADICT}`,
);

/**
 * Positions of rows of dense markets of whose ids some are covered, and whether they are stored as
 * they are. Else the ids belong to a trade of another time, or to an aggregate of other ids.
 */
const OVERLAPPING = statement(
  "",
  { ...TRADE_TYPES, ...SPAN },
  (slot) => `
WITH input AS MATERIALIZED (
  SELECT * FROM ${rows(slot)}
), held AS MATERIALIZED (
  SELECT m.id AS market_id, m.covered * b.ids AS ids
  FROM (SELECT market_id, range_agg(int8range(ord, ord + count)) AS ids FROM input GROUP BY 1) b
  JOIN market m ON m.id = b.market_id
  WHERE m.ids = 'dense'
)
SELECT (i.place - 1)::integer AS place, EXISTS (${stored(slot)}) AS stored
FROM input i JOIN held h ON h.market_id = i.market_id
WHERE h.ids && int8range(i.ord, i.ord + i.count)`,
);

/** @param columns of `trades` */
export async function contradictionsOf(
  client: Client,
  trades: readonly Trade[],
  columns: Record<TradeColumn, string>,
): Promise<Contradiction[]> {
  const query = queryOf(CONTRADICTING, { ...columns, ...spanOf(trades) });
  const found = await client.query<{ place: number; stored: string }>(query);
  return found.rows.map(({ place, stored }) => ({ trade: trades[place] as Trade, stored }));
}

/** Those of `trades`, which the table `staged` holds, that are stored with another content. */
export async function contradictingStaged(
  client: Client,
  trades: readonly Trade[],
): Promise<Trade[]> {
  const found = await client.query<{ id: string }>(queryOf(CONTRADICTING_STAGED, spanOf(trades)));
  const ids = new Set(found.rows.map(({ id }) => id));
  return trades.filter(({ id }) => ids.has(id));
}

/**
 * Trades that cannot be stored beside what is stored, nor beside those that come before them in the
 * batch: their ids belong to other trades. All of a batch at once, however many there are.
 *
 * @param columns of `trades`
 */
export async function overlappingOf(
  client: Client,
  trades: readonly Trade[],
  columns: Record<TradeColumn, string>,
  markets: ReadonlyMap<string, KnownMarket>,
): Promise<Set<Trade>> {
  const found = await client.query<{ place: number; stored: boolean }>(
    queryOf(OVERLAPPING, { ...columns, ...spanOf(trades) }),
  );
  const held = new Map(found.rows.map(({ place, stored }) => [trades[place] as Trade, stored]));
  const refused = new Set<Trade>();
  const claims = new Map<string, Claims>();
  for (const trade of trades) {
    const isStored = held.get(trade);
    if (isStored === false) refused.add(trade);
    // What is stored already claims nothing, whatever ids it names this time.
    if (markets.get(trade.market)?.ids !== "dense" || isStored !== undefined) continue;
    let claimed = claims.get(trade.market);
    if (claimed === undefined) claims.set(trade.market, (claimed = new Claims()));
    if (!claimed.take(trade)) refused.add(trade);
  }
  return refused;
}

function spanOf(trades: readonly Trade[]): Record<SpanParameter, number> {
  let [firstTime, lastTime] = [Infinity, 0];
  for (const { time } of trades) {
    if (time < firstTime) firstTime = time;
    if (time > lastTime) lastTime = time;
  }
  return { firstTime: Math.min(firstTime, lastTime), lastTime };
}

/** Ids that trades of one batch have taken. */
class Claims {
  /** Ascending by id, without overlaps. */
  private readonly taken: { from: bigint; to: bigint; key: string }[] = [];

  /** False where another trade has one of its ids. */
  take({ ord, count, time, id }: Trade): boolean {
    const from = BigInt(ord);
    const to = from + BigInt(count);
    let at = this.taken.length;
    let low = 0;
    while (low < at) {
      const middle = (low + at) >> 1;
      if ((this.taken[middle]?.to ?? 0n) <= from) low = middle + 1;
      else at = middle;
    }
    const next = this.taken[at];
    const key = `${time} ${id}`;
    if (next === undefined || next.from >= to) {
      this.taken.splice(at, 0, { from, to, key });
      return true;
    }
    // The same trade twice is a duplicate.
    return next.key === key;
  }
}
