import { BinanceDecoder, type BinanceTrade } from "./binance-frames.js";
import type { NewestTrade, Venue } from "./venue.js";

/** What Binance's spot and futures hosts have in common. */
export function binanceLike(
  name: string,
  stream: "trade" | "aggTrade",
  restPrefix: string,
): Omit<Venue, "wsUrl" | "restUrl"> {
  const decoder = new BinanceDecoder(name);
  const streamOf = (symbol: string): string =>
    `${symbol.toLowerCase()}@${stream}`;
  return {
    name,
    symbols: {
      pattern: /^[A-Z0-9_]{2,40}$/,
      rule: "upper case, such as BTCUSDT",
    },
    limits: {
      // 1,024 are allowed; a connection that ends takes fewer symbols with it, and its URL stays short.
      streamsPerConnection: 200,
      // 5 are allowed, pings and pongs among them.
      controlMessagesPerSecond: 3,
      connectionLifeMs: 86_400_000,
    },
    url: (base, symbols) =>
      `${base.replace(/\/$/, "")}/stream?streams=${symbols.map(streamOf).join("/")}`,
    resubscribe: (symbol, id) =>
      ["UNSUBSCRIBE", "SUBSCRIBE"].map((method, index) =>
        JSON.stringify({ method, params: [streamOf(symbol)], id: id + index }),
      ),
    decode: (text, context) => decoder.decode(text, context),
    decodeRest: (element, symbol, context) =>
      decoder.trade(streamed(element, symbol), context),
    newestTrade: (symbol) => ({
      path: `${restPrefix}/aggTrades?symbol=${encodeURIComponent(symbol)}&limit=1`,
      read: readNewest,
    }),
  };
}

type RestTrade = BinanceTrade & {
  id?: unknown;
  price?: unknown;
  qty?: unknown;
  time?: unknown;
  isBuyerMaker?: unknown;
};

/** The same trade under the stream's names: `aggTrades` have them already, `trades` and `historicalTrades` do not. */
function streamed(element: unknown, s: string): BinanceTrade {
  const rest = (
    typeof element === "object" && element !== null ? element : {}
  ) as RestTrade;
  if (rest.a !== undefined) return { ...rest, e: "aggTrade", E: undefined, s };
  const { id: t, price: p, qty: q, time: T, isBuyerMaker: m } = rest;
  return { e: "trade", E: undefined, s, t, p, q, T, m };
}

function readNewest(body: unknown): NewestTrade | undefined {
  const newest = (Array.isArray(body) ? body.at(-1) : undefined) as
    { l?: unknown; T?: unknown } | undefined;
  return Number.isSafeInteger(newest?.l) && Number.isSafeInteger(newest?.T)
    ? { lastOrd: BigInt(newest?.l as number), time: newest?.T as number }
    : undefined;
}
