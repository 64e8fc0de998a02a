import { DAY_MS } from "../../domain/units.js";
import type { Venue } from "../venue.js";
import { BinanceDecoder, type BinanceTrade } from "./frames.js";
import { type BinanceRest, binanceNewest } from "./history.js";
import type { Layout } from "./layouts.js";

/** What Binance's spot and futures hosts have in common. */
export function binanceLike(
  name: string,
  stream: "trade" | "aggTrade",
  rest: BinanceRest,
  layouts: readonly Layout[],
): Omit<Venue, "wsUrl" | "restUrl" | "rest" | "repair" | "klines"> {
  const decoder = new BinanceDecoder(name, layouts);
  const streamOf = (symbol: string): string => `${symbol.toLowerCase()}@${stream}`;
  return {
    name,
    symbols: {
      pattern: /^[\p{Lu}\p{Lo}\p{N}_]{2,40}$/u,
      rule: "upper case, such as BTCUSDT",
    },
    ids: "dense",
    // `m` says whether the buyer was the maker; the decoder makes it the taker's side.
    reportsSideOf: "taker",
    limits: {
      // 300 in five minutes.
      connectionsPerMinute: 60,
      // 1,024 are allowed. With fewer, a lost connection affects fewer symbols, and the URL stays
      // short.
      streamsPerConnection: 200,
      // 5 are allowed, pings and pongs among them.
      controlMessagesPerSecond: 3,
      connectionLifeMs: DAY_MS,
    },
    url: (base, symbols) =>
      `${base.replace(/\/$/, "")}/stream?streams=${symbols.map(streamOf).join("/")}`,
    subscribe: () => [],
    resubscribe: (symbol, id) =>
      ["UNSUBSCRIBE", "SUBSCRIBE"].map((method, index) =>
        JSON.stringify({ method, params: [streamOf(symbol)], id: id + index }),
      ),
    decode: (text, context) => decoder.decode(text, context),
    decodeRest: (element, symbol, context) => decoder.trade(streamed(element, symbol), context),
    newestTrade: (symbol) => binanceNewest(rest, symbol),
  };
}

type RestTrade = BinanceTrade & {
  id?: unknown;
  price?: unknown;
  qty?: unknown;
  time?: unknown;
  isBuyerMaker?: unknown;
};

/**
 * A REST trade under the stream's field names: `aggTrades` have them already, `trades` and
 * `historicalTrades` do not.
 */
function streamed(element: unknown, s: string): BinanceTrade {
  const rest = (typeof element === "object" && element !== null ? element : {}) as RestTrade;
  if (rest.a !== undefined) return { ...rest, e: "aggTrade", E: undefined, s };
  const { id: t, price: p, qty: q, time: T, isBuyerMaker: m, X } = rest;
  return { e: "trade", E: undefined, s, t, p, q, T, m, X };
}
