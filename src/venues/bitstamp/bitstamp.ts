import type { Interval } from "../../domain/interval.js";
import { DAY_MS } from "../../domain/units.js";
import { fieldOf } from "../decode/exact-json.js";
import { instrumentsIn, statusIn, stepOfDigits } from "../decode/instrument-rows.js";
import { type KlineColumns, klinesIn } from "../decode/kline-rows.js";
import { RestTrades } from "../decode/rest-trades.js";
import { TradeSieve } from "../decode/trade-sieve.js";
import type { Instruments, Klines, Venue } from "../venue.js";
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

/** In seconds: the intervals that the venue offers with our anchors. */
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
  symbols: { pattern: /^[\p{Ll}\p{Lo}\p{N}]{5,20}$/u, rule: "lower case, such as btcusd" },
  ids: "increasing",
} as const;
const sieve = new TradeSieve(identity);
const rowsOf = (body: unknown): readonly unknown[] | undefined =>
  Array.isArray(body) ? (body as unknown[]) : undefined;
const restTrades = new RestTrades(sieve, rowsOf, bitstampPrint);

const klines: Klines = {
  convention: { open: "unknown", empty: "unknown", leavesOut: null },
  intervals: STEPS,
  maxPerRequest: 1_000,
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

/** One answer holds all pairs. Only the name ("BTC/USD") separates base and quote. */
const instruments: Instruments = {
  maxPerRequest: Infinity,
  fetch: (symbols) => ({
    path: "/api/v2/trading-pairs-info/",
    weight: 1,
    read: (body) =>
      instrumentsIn(body, symbols, {
        venue: identity.name,
        rowsOf,
        symbolOf: (pair) => fieldOf(pair, "url_symbol"),
        fieldsOf: (pair) => {
          const [base, quote] = String(fieldOf(pair, "name")).split("/");
          return {
            base,
            quote,
            kind: "spot",
            tickSize: stepOfDigits(fieldOf(pair, "counter_decimals")),
            stepSize: stepOfDigits(fieldOf(pair, "base_decimals")),
            status: statusIn({ Enabled: "trading", Disabled: "halted" }, fieldOf(pair, "trading")),
          };
        },
      }),
  }),
};

/**
 * Bitstamp. One sequence of ids counts the trades of all symbols (recorded: 10 trades of a symbol
 * within 30 ids). The side is the taker's: in each recorded trade it is that of the newer order.
 */
export const bitstamp: Venue = {
  ...identity,
  reportsSideOf: "taker",
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
  resubscribe: (symbol) => ["unsubscribe", "subscribe"].map((event) => message(event, symbol)),
  decode: (text, context) => decodeBitstamp(text, sieve, context),
  decodeRest: (element, symbol, context) => restTrades.decode(element, symbol, context),
  // 10,000 in ten minutes, with bursts of 400 a second.
  rest: { budget: { weight: 160, perMs: 10_000 } },
  newestTrade: (symbol) =>
    restTrades.newest(`/api/v2/transactions/${encodeURIComponent(symbol)}/?time=hour`, 1, symbol),
  repair: {
    kind: "none",
    reason:
      "its ids do not count a symbol's trades, so no hole is known, and its REST reports times in whole seconds only",
  },
  klines,
  instruments,
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
