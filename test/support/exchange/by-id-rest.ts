import type { Trades } from "./dialect.js";

const MAX_PER_REQUEST = 1_000;

/**
 * Binance: `aggTrades` by time or by aggregate id, each of one trade here, and the newest raw
 * `trades`.
 */
export function binanceRest({ pathname, searchParams }: URL, trades: Trades): unknown {
  const all = trades(searchParams.get("symbol") ?? "");
  const limit = Math.min(MAX_PER_REQUEST, Number(searchParams.get("limit") ?? 500));
  if (pathname.endsWith("/trades"))
    return all.slice(-limit).map(({ id, price, amount, time, takerSide }) => ({
      id,
      price,
      qty: amount,
      quoteQty: "0",
      time,
      isBuyerMaker: takerSide === "sell",
    }));
  if (!pathname.endsWith("/aggTrades")) return undefined;
  const number = (name: string, otherwise: number): number =>
    Number(searchParams.get(name) ?? otherwise);
  const fromId = number("fromId", 0);
  const start = number("startTime", 0);
  const end = number("endTime", Infinity);
  // Without a place, the newest.
  const isPlaced = searchParams.has("fromId") || searchParams.has("startTime");
  return (isPlaced ? all : all.slice(-limit))
    .map(({ id, price: p, amount: q, time: T, takerSide }) => ({
      // Aggregates are counted apart from trades.
      a: id * 10,
      p,
      q,
      f: id,
      l: id,
      T,
      m: takerSide === "sell",
      M: true,
    }))
    .filter(({ a, T }) => a >= fromId && T >= start && T <= end)
    .slice(0, limit);
}

/** OKX: `history-trades` before an id, newest first, a hundred at most; `trades` are the newest. */
export function okxRest({ pathname, searchParams }: URL, trades: Trades): unknown {
  if (!/^\/api\/v5\/market\/(history-)?trades$/.test(pathname)) return undefined;
  const instId = searchParams.get("instId") ?? "";
  const after = Number(searchParams.get("after") ?? Infinity);
  const limit = Math.min(100, Number(searchParams.get("limit") ?? 100));
  const data = trades(instId)
    .filter(({ id }) => id < after)
    .slice(-limit)
    .reverse()
    .map(({ id, price, amount, takerSide, time }) => ({
      instId,
      side: takerSide,
      sz: amount,
      px: price,
      tradeId: String(id),
      ts: String(time),
    }));
  return { code: "0", msg: "", data };
}
