import type { Trade } from "../../domain/trade.js";

/** The immutable columns of a market's row. */
export interface KnownMarket {
  id: number;
  name: string;
  ids: Trade["ids"];
  kind: Trade["kind"];
}

/** The columns of `trade` and the types of their arrays. */
export const TRADE_TYPES = {
  market_id: "integer[]",
  time: "bigint[]",
  id: "text[]",
  ord: "bigint[]",
  price: "numeric[]",
  amount: "numeric[]",
  count: "integer[]",
  taker_side: "taker_side[]",
  off_book: "boolean[]",
  source: "trade_source[]",
  received_at: "bigint[]",
} as const;
export type TradeColumn = keyof typeof TRADE_TYPES;

/** A trade's element in each column's array. */
const ELEMENTS: Record<TradeColumn, (trade: Trade, market: number) => string | number> = {
  market_id: (_, market) => market,
  time: ({ time }) => time,
  id: ({ id }) => element(id),
  ord: ({ ord }) => ord,
  price: ({ price }) => price,
  amount: ({ amount }) => amount,
  count: ({ count }) => count,
  taker_side: ({ takerSide }) => takerSide,
  off_book: ({ offBook }) => (offBook ? "t" : "f"),
  source: ({ source }) => source,
  received_at: ({ receivedAt }) => receivedAt,
};

/**
 * Trades as PostgreSQL array literals, one per column. Built as text here: the driver's own
 * conversion checks the type of every element and escapes each, which costs more than the rest of
 * the batch.
 */
export function tradeColumns(
  trades: readonly Trade[],
  markets: ReadonlyMap<string, KnownMarket>,
): Record<TradeColumn, string> {
  const ids = trades.map(({ market }) => {
    const known = markets.get(market);
    if (known === undefined) throw new Error(`market ${market} has no row`);
    return known.id;
  });
  const columns: Partial<Record<TradeColumn, string>> = {};
  for (const column of Object.keys(ELEMENTS) as TradeColumn[]) {
    const textOf = ELEMENTS[column];
    columns[column] = literal(trades.map((trade, row) => textOf(trade, ids[row] as number)));
  }
  return columns as Record<TradeColumn, string>;
}

export function literal(elements: readonly (string | number | bigint)[]): string {
  return `{${elements.join(",")}}`;
}

const PLAIN = /^[A-Za-z0-9_.:-]+$/;

function element(text: string): string {
  // A bare NULL would be read as the null value.
  if (PLAIN.test(text) && text.toUpperCase() !== "NULL") return text;
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
