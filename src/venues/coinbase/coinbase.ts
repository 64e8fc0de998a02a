import type { Interval } from "../../domain/interval.js";
import { DAY_MS } from "../../domain/units.js";
import { fieldOf, parseExact } from "../decode/exact-json.js";
import { pagesBackwards } from "../decode/hole-pages.js";
import { instrumentsIn, statusIn } from "../decode/instrument-rows.js";
import { type KlineColumns, klinesOf } from "../decode/kline-rows.js";
import { RestTrades } from "../decode/rest-trades.js";
import { TradeSieve } from "../decode/trade-sieve.js";
import type { Instruments, Klines, Venue } from "../venue.js";
import { coinbasePrint, decodeCoinbase } from "./frames.js";

const CHANNELS = ["matches", "heartbeat"];
const MAX_TRADES = 1_000;

/** Low and high come before open. */
const CANDLE: KlineColumns = {
  openTime: 0,
  unitMs: 1_000,
  low: 1,
  high: 2,
  open: 3,
  close: 4,
  volume: 5,
};

/** In seconds: the intervals that the venue offers. */
const GRANULARITY: Partial<Record<Interval, string>> = {
  "1m": "60",
  "5m": "300",
  "15m": "900",
  "1h": "3600",
  "6h": "21600",
  "1d": "86400",
};

const identity = {
  name: "coinbase",
  symbols: {
    pattern: /^[\p{Lu}\p{Lo}\p{N}]{1,20}-[A-Z0-9]{1,20}$/u,
    rule: "upper case, such as BTC-USD",
  },
  ids: "dense",
} as const;
const sieve = new TradeSieve(identity);
const restTrades = new RestTrades(
  sieve,
  (body) => (Array.isArray(body) ? (body as unknown[]) : undefined),
  coinbasePrint,
);

const klines: Klines = {
  convention: { open: "first trade", empty: "absent", leavesOut: null },
  intervals: GRANULARITY,
  maxPerRequest: 300,
  reach: "all candles since a market began",
  fetch: (symbol, interval, start, end) => {
    const seconds = GRANULARITY[interval];
    if (seconds === undefined) return undefined;
    // The venue's end is inclusive; it refuses more than 300 candles.
    const until = new Date(end - 1_000 * Number(seconds)).toISOString();
    return {
      path: `/products/${encodeURIComponent(symbol)}/candles?granularity=${seconds}&start=${new Date(start).toISOString()}&end=${until}`,
      weight: 1,
      read: (body) => {
        const rows = parseExact(body);
        return rows.ok ? klinesOf(rows.value, CANDLE, start, end) : rows;
      },
    };
  },
};

/** Each of these flags stops matching, whatever the status. */
const RESTRICTIONS = ["trading_disabled", "cancel_only", "post_only", "auction_mode"];

/** The venue answers 404 for an unknown product. */
const instruments: Instruments = {
  maxPerRequest: 1,
  fetch: (symbols) => ({
    path: `/products/${encodeURIComponent(symbols[0] ?? "")}`,
    weight: 1,
    read: (body) =>
      instrumentsIn(body, symbols, {
        venue: identity.name,
        rowsOf: (product) => (fieldOf(product, "id") === undefined ? undefined : [product]),
        symbolOf: (product) => fieldOf(product, "id"),
        fieldsOf: (product) => ({
          base: fieldOf(product, "base_currency"),
          quote: fieldOf(product, "quote_currency"),
          kind: "spot",
          tickSize: fieldOf(product, "quote_increment"),
          stepSize: fieldOf(product, "base_increment"),
          status: statusIn(
            {
              online: RESTRICTIONS.some((restriction) => fieldOf(product, restriction) === true)
                ? "halted"
                : "trading",
              offline: "halted",
              internal: "announced",
              delisted: "closed",
            },
            fieldOf(product, "status"),
          ),
        }),
      }),
  }),
};

/**
 * Coinbase Exchange. Ids count up by one within a product: 279 of 279 recorded ids of its Advanced
 * Trade feed do, and the heartbeat's newest id is documented as the means to verify that nothing
 * was missed. The side is the maker's.
 */
export const coinbase: Venue = {
  ...identity,
  reportsSideOf: "maker",
  wsUrl: "wss://ws-feed.exchange.coinbase.com",
  restUrl: "https://api.exchange.coinbase.com",
  limits: {
    // 8 a second are allowed.
    connectionsPerMinute: 120,
    streamsPerConnection: 50,
    // 100 a second are allowed.
    controlMessagesPerSecond: 10,
    // No end is announced.
    connectionLifeMs: DAY_MS,
  },
  url: (base) => base,
  // One message a symbol: an unknown symbol makes the venue refuse the whole message.
  subscribe: (symbols) => symbols.map((symbol) => message("subscribe", symbol)),
  resubscribe: (symbol) => ["unsubscribe", "subscribe"].map((type) => message(type, symbol)),
  decode: (text, context) => decodeCoinbase(text, sieve, context),
  decodeRest: (element, symbol, context) => restTrades.decode(element, symbol, context),
  // 10 a second, with bursts of 15.
  rest: { budget: { weight: 10, perMs: 1_000 } },
  newestTrade: (symbol) => restTrades.newest(tradesPath(symbol, "limit=1"), 1, symbol),
  repair: {
    kind: "by id",
    reach: "all trades since a market began",
    isAll: true,
    paging: "backward from an id",
    begin: (hole, source) =>
      pagesBackwards(hole, {
        maxPerRequest: MAX_TRADES,
        weight: 1,
        path: (before, limit) => tradesPath(hole.symbol, `limit=${limit}&after=${before}`),
        read: (body, arrival) => restTrades.read(body, hole.symbol, arrival, source),
      }),
  },
  klines,
  instruments,
};

function message(type: string, symbol: string): string {
  return JSON.stringify({ type, product_ids: [symbol], channels: CHANNELS });
}

function tradesPath(symbol: string, query: string): string {
  return `/products/${encodeURIComponent(symbol)}/trades?${query}`;
}
