import type { Interval } from "../../domain/interval.js";
import { DAY_MS } from "../../domain/units.js";
import { fieldOf } from "../decode/exact-json.js";
import { pagesBackwards } from "../decode/hole-pages.js";
import { instrumentsIn, statusIn } from "../decode/instrument-rows.js";
import { type KlineColumns, klinesIn } from "../decode/kline-rows.js";
import { RestTrades } from "../decode/rest-trades.js";
import { TradeSieve } from "../decode/trade-sieve.js";
import type { Instruments, Klines, Venue } from "../venue.js";
import { decodeOkx, okxPrint } from "./frames.js";

/**
 * `[ts, open, high, low, close, volume, volume, quote volume, is confirmed]`; both volumes of spot
 * are in base currency.
 */
const CANDLE: KlineColumns = {
  openTime: 0,
  unitMs: 1,
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 5,
  quoteVolume: 7,
};

/** Those without `utc` begin with the day in Hong Kong. */
const BARS: Partial<Record<Interval, string>> = {
  "1m": "1m",
  "3m": "3m",
  "5m": "5m",
  "15m": "15m",
  "30m": "30m",
  "1h": "1H",
  "2h": "2H",
  "4h": "4H",
  "6h": "6Hutc",
  "12h": "12Hutc",
  "1d": "1Dutc",
  "1w": "1Wutc",
  "1M": "1Mutc",
};

const identity = {
  name: "okx",
  symbols: {
    // Sizes of derivatives (BTC-USDT-SWAP) are in contracts, not in base currency.
    pattern: /^[\p{Lu}\p{Lo}\p{N}]{1,20}-[A-Z0-9]{1,20}$/u,
    rule: "a spot instrument, such as BTC-USDT",
  },
  ids: "dense",
} as const;
const sieve = new TradeSieve(identity);
const restTrades = new RestTrades(sieve, rowsOf, okxPrint);

const klines: Klines = {
  convention: { open: "unknown", empty: "unknown", leavesOut: null },
  intervals: BARS,
  maxPerRequest: 100,
  reach: "the last years",
  fetch: (symbol, interval, start, end) =>
    BARS[interval] === undefined
      ? undefined
      : {
          // `after` means earlier, `before` means later, both exclusive.
          path: `/api/v5/market/history-candles?instId=${encodeURIComponent(symbol)}&bar=${BARS[interval]}&after=${end}&before=${start - 1}&limit=100`,
          weight: 1,
          read: (body) => klinesIn(body, rowsOf, CANDLE, start, end),
        },
};

const UNKNOWN_INSTRUMENT = "51001";

const instruments: Instruments = {
  maxPerRequest: 1,
  fetch: (symbols) => ({
    path: `/api/v5/public/instruments?instType=SPOT&instId=${encodeURIComponent(symbols[0] ?? "")}`,
    weight: 1,
    read: (body) =>
      instrumentsIn(body, symbols, {
        venue: identity.name,
        rowsOf: (answer) => (fieldOf(answer, "code") === UNKNOWN_INSTRUMENT ? [] : rowsOf(answer)),
        symbolOf: (row) => fieldOf(row, "instId"),
        fieldsOf: (row) => ({
          base: fieldOf(row, "baseCcy"),
          quote: fieldOf(row, "quoteCcy"),
          kind: "spot",
          tickSize: fieldOf(row, "tickSz"),
          stepSize: fieldOf(row, "lotSz"),
          status: statusIn(
            {
              live: "trading",
              suspend: "halted",
              rebase: "halted",
              preopen: "announced",
              expired: "closed",
            },
            fieldOf(row, "state"),
          ),
        }),
      }),
  }),
};

/**
 * OKX spot. Ids count up by one: the documented example of a merged trade covers ids 123, 122 and
 * 121, and 69 of 69 recorded ids do. The side is the taker's.
 */
export const okx: Venue = {
  ...identity,
  reportsSideOf: "taker",
  wsUrl: "wss://ws.okx.com:8443/ws/v5/business",
  restUrl: "https://www.okx.com",
  limits: {
    // 3 a second.
    connectionsPerMinute: 60,
    // 480 subscriptions an hour and connection: enough to subscribe all and resubscribe as many.
    streamsPerConnection: 100,
    controlMessagesPerSecond: 3,
    connectionLifeMs: DAY_MS,
  },
  // The venue closes a connection that is silent for 30 s; protocol pings do not count.
  keepAlive: { everyMs: 20_000, message: "ping" },
  url: (base) => base,
  subscribe: (symbols) => symbols.map((symbol) => message("subscribe", symbol)),
  resubscribe: (symbol) => ["unsubscribe", "subscribe"].map((op) => message(op, symbol)),
  decode: (text, context) => decodeOkx(text, sieve, context),
  decodeRest: (element, symbol, context) => restTrades.decode(element, symbol, context),
  // Historical candles and trades: 20 in two seconds.
  rest: { budget: { weight: 20, perMs: 2_000 } },
  newestTrade: (symbol) =>
    restTrades.newest(
      `/api/v5/market/trades?instId=${encodeURIComponent(symbol)}&limit=1`,
      1,
      symbol,
    ),
  repair: {
    kind: "by id",
    reach: "the trades of the last three months",
    paging: "backward from an id",
    begin: (hole, source) =>
      pagesBackwards(hole, {
        maxPerRequest: 100,
        weight: 1,
        path: (before, limit) =>
          `/api/v5/market/history-trades?instId=${encodeURIComponent(hole.symbol)}&type=1&after=${before}&limit=${limit}`,
        read: (body, arrival) => restTrades.read(body, hole.symbol, arrival, source),
      }),
  },
  klines,
  instruments,
};

function message(op: string, instId: string): string {
  return JSON.stringify({ op, args: [{ channel: "trades-all", instId }] });
}

function rowsOf(body: unknown): readonly unknown[] | undefined {
  const rows = fieldOf(body, "data");
  return fieldOf(body, "code") === "0" && Array.isArray(rows) ? (rows as unknown[]) : undefined;
}
