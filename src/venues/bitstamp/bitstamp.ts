import type { Interval } from "../../domain/interval.js";
import { DAY_MS } from "../../domain/units.js";
import { fieldOf } from "../decode/exact-json.js";
import { type KlineColumns, klinesIn } from "../decode/kline-rows.js";
import { RestTrades } from "../decode/rest-trades.js";
import { TradeSieve } from "../decode/trade-sieve.js";
import type { Klines, Venue } from "../venue.js";
import { LIVE_TRADES, bitstampPrint, decodeBitstamp } from "./frames.js";

const CANDLE: KlineColumns = {
  openTime: "timestamp",
  unitMs: 1_000,
  open: "open",
  high: "high",
  low: "low",
  close: "close",
  volume: "volume",
};

/** In seconds, what the venue offers with our anchors. */
const STEPS: Partial<Record<Interval, string>> = {
  "1m": "60",
  "3m": "180",
  "5m": "300",
  "15m": "900",
  "30m": "1800",
  "1h": "3600",
  "2h": "7200",
  "4h": "14400",
  "6h": "21600",
  "12h": "43200",
  "1d": "86400",
};

const identity = {
  name: "bitstamp",
  symbols: { pattern: /^[a-z0-9]{5,20}$/, rule: "lower case, such as btcusd" },
  ids: "increasing",
} as const;
const sieve = new TradeSieve(identity);
const restTrades = new RestTrades(
  sieve,
  (body) => (Array.isArray(body) ? (body as unknown[]) : undefined),
  bitstampPrint,
);

const klines: Klines = {
  convention: { open: "unknown", empty: "unknown", leavesOut: null },
  intervals: STEPS,
  most: 1_000,
  reach: "all candles since a market began",
  fetch: (symbol, interval, start, end) =>
    STEPS[interval] === undefined
      ? undefined
      : {
          path: `/api/v2/ohlc/${encodeURIComponent(symbol)}/?step=${STEPS[interval]}&limit=1000&start=${start / 1_000}&end=${end / 1_000 - 1}`,
          weight: 1,
          read: (body) => klinesIn(body, candlesOf, CANDLE, start, end),
        },
};

/**
 * Bitstamp. One count of ids runs over all of its symbols (recorded: 10 trades of a symbol within 30 ids). The side is the
 * taker's: in each recorded trade the newer of both orders stands on it.
 */
export const bitstamp: Venue = {
  ...identity,
  tellsSideOf: "taker",
  wsUrl: "wss://ws.bitstamp.net",
  restUrl: "https://www.bitstamp.net",
  limits: {
    connectionsPerMinute: 30,
    streamsPerConnection: 50,
    controlMessagesPerSecond: 10,
    // 90 days are announced.
    connectionLifeMs: DAY_MS,
  },
  keepAlive: { everyMs: 30_000, message: '{"event":"bts:heartbeat"}' },
  url: (base) => base,
  subscribe: (symbols) => symbols.map((symbol) => message("subscribe", symbol)),
  resubscribe: (symbol) =>
    ["unsubscribe", "subscribe"].map((event) => message(event, symbol)),
  decode: (text, context) => decodeBitstamp(text, sieve, context),
  decodeRest: (element, symbol, context) =>
    restTrades.decode(element, symbol, context),
  // 10,000 in ten minutes, with bursts of 400 a second.
  rest: { budget: { weight: 160, perMs: 10_000 } },
  newestTrade: (symbol) =>
    restTrades.newest(
      `/api/v2/transactions/${encodeURIComponent(symbol)}/?time=hour`,
      1,
      symbol,
    ),
  repair: {
    kind: "none",
    reason:
      "its ids do not count a symbol's trades, so no hole is known, and its REST tells times in whole seconds only",
  },
  klines,
};

function message(event: string, symbol: string): string {
  return JSON.stringify({
    event: `bts:${event}`,
    data: { channel: `${LIVE_TRADES}${symbol}` },
  });
}

function candlesOf(body: unknown): unknown {
  return fieldOf(fieldOf(body, "data"), "ohlc");
}
