import type { Dialect, Print } from "./dialect.js";

interface Message {
  type: "subscribe" | "unsubscribe";
  product_ids: string[];
  channels: string[];
}

const MAX_PER_REQUEST = 1_000;

/**
 * Coinbase Exchange: `matches` and `heartbeat`, sides of the maker, trades by cursor, newest first.
 */
export function coinbaseDialect(symbols: readonly string[]): Dialect {
  const followed = new Set<string>();
  return {
    symbols,
    hear: (text, trades) => {
      const { type, product_ids } = JSON.parse(text) as Message;
      const unknown = product_ids.find((symbol) => !symbols.includes(symbol));
      if (unknown !== undefined)
        return {
          replies: [
            JSON.stringify({
              type: "error",
              message: "Failed to subscribe",
              reason: `${unknown} is not a valid product`,
            }),
          ],
        };
      for (const symbol of product_ids)
        if (type === "subscribe") followed.add(symbol);
        else followed.delete(symbol);
      const channels = ["matches", "heartbeat"].map((name) => ({
        name,
        product_ids: [...followed],
      }));
      const last = product_ids.flatMap((symbol) => trades(symbol).at(-1) ?? []);
      const replies = [
        JSON.stringify({ type: "subscriptions", channels }),
        ...last.map((print) => match("last_match", print)),
      ];
      return type === "subscribe"
        ? { replies, follow: product_ids }
        : { replies: replies.slice(0, 1), unfollow: product_ids };
    },
    trade: (print) => match("match", print),
    heartbeat: (symbol, newest, now) =>
      JSON.stringify({
        type: "heartbeat",
        sequence: 90,
        last_trade_id: newest?.id ?? 0,
        product_id: symbol,
        time: iso(now),
      }),
    rest: ({ pathname, searchParams }, trades) => {
      const symbol = /^\/products\/([^/]+)\/trades$/.exec(pathname)?.[1];
      if (symbol === undefined) return undefined;
      const after = Number(searchParams.get("after") ?? Infinity);
      const limit = Math.min(MAX_PER_REQUEST, Number(searchParams.get("limit") ?? MAX_PER_REQUEST));
      return trades(decodeURIComponent(symbol))
        .filter(({ id }) => id < after)
        .slice(-limit)
        .reverse()
        .map((print) => ({
          trade_id: print.id,
          side: makerSide(print),
          size: print.amount,
          price: print.price,
          time: iso(print.time),
        }));
    },
  };
}

function match(type: "match" | "last_match", print: Print): string {
  return JSON.stringify({
    type,
    trade_id: print.id,
    sequence: print.id * 7,
    maker_order_id: "ac928c66-ca53-498f-9c13-a110027a60e8",
    taker_order_id: "132fb6ae-456b-4654-b4e0-d681ac05cea1",
    time: iso(print.time),
    product_id: print.symbol,
    size: print.amount,
    price: print.price,
    side: makerSide(print),
  });
}

function makerSide({ takerSide }: Print): string {
  return takerSide === "buy" ? "sell" : "buy";
}

/** With µs, as the venue writes it. */
function iso(time: number): string {
  return new Date(time).toISOString().replace("Z", "467Z");
}
