import type { Dialect, Print } from "./dialect.js";

interface Message {
  method: "subscribe" | "unsubscribe" | "ping";
  params?: { channel: string; symbol: string[] };
}

const SNAPSHOT = 50;
const MAX_PER_REQUEST = 1_000;

/**
 * Kraken: API v2 with prices as JSON numbers, a snapshot of the newest trades, REST trades by time
 * in ns.
 */
export function krakenDialect(symbols: readonly string[]): Dialect {
  return {
    symbols,
    hear: (text, trades) => {
      const { method, params } = JSON.parse(text) as Message;
      if (method === "ping") return { replies: ['{"method":"pong"}'] };
      const requested = params?.symbol ?? [];
      const known = requested.filter((symbol) => symbols.includes(symbol));
      const replies = requested.flatMap((symbol) => {
        if (!known.includes(symbol))
          return [
            JSON.stringify({
              error: "Currency pair not supported",
              method,
              success: false,
              symbol,
            }),
          ];
        const result = { channel: "trade", snapshot: true, symbol };
        const past = trades(symbol).slice(-SNAPSHOT);
        return [
          JSON.stringify({ method, result, success: true }),
          ...(method === "subscribe" && past.length > 0 ? [frame("snapshot", past)] : []),
        ];
      });
      return method === "subscribe" ? { replies, follow: known } : { replies, unfollow: known };
    },
    trade: (print) => frame("update", [print]),
    rest: ({ pathname, searchParams }, trades) => {
      if (pathname !== "/0/public/Trades") return undefined;
      const symbol = searchParams.get("pair") ?? "";
      const since = BigInt(searchParams.get("since") ?? 0);
      const count = Math.min(MAX_PER_REQUEST, Number(searchParams.get("count") ?? MAX_PER_REQUEST));
      const behind = trades(symbol).filter((print) => timeOf(print) > since);
      // Without `since`, the newest.
      const page = searchParams.has("since") ? behind.slice(0, count) : behind.slice(-count);
      const newest = page.at(-1);
      return {
        error: [],
        result: {
          [symbol]: page.map((print) => [
            print.price,
            print.amount,
            // With seven digits, as the venue writes it.
            Number(timeOf(print) / 100n) / 1e7,
            print.takerSide[0],
            "l",
            "",
            print.id,
          ]),
          last: String(newest === undefined ? since : timeOf(newest)),
        },
      };
    },
  };
}

/** Epoch ns. */
function timeOf({ time, nanoseconds = 0 }: Print): bigint {
  return BigInt(time) * 1_000_000n + BigInt(nanoseconds);
}

/** Prices and amounts are numbers in its JSON: they are written, not computed. */
function frame(type: "snapshot" | "update", prints: readonly Print[]): string {
  const data = prints.map(
    ({ symbol, takerSide, price, amount, id, time }) =>
      `{"symbol":"${symbol}","side":"${takerSide}","price":${price},"qty":${amount},"ord_type":"limit","trade_id":${id},"timestamp":"${new Date(time).toISOString().replace("Z", "467Z")}"}`,
  );
  return `{"channel":"trade","type":"${type}","data":[${data.join(",")}]}`;
}
