import { type Interval, shapeOf } from "../../domain/interval.js";
import type { TradeSource } from "../../domain/trade.js";
import { DAY_MS } from "../../domain/units.js";
import { fieldOf, listOf, parseExact, wholeOf } from "../decode/exact-json.js";
import { endOfAll, pageOf } from "../decode/hole-pages.js";
import { type KlineColumns, klinesIn } from "../decode/kline-rows.js";
import { RestTrades } from "../decode/rest-trades.js";
import { TradeSieve } from "../decode/trade-sieve.js";
import type { SymbolHole, Klines, RestRequest, TradePage, Venue } from "../venue.js";
import { decodeKraken, krakenPrint } from "./frames.js";
import { krakenInstruments } from "./instruments.js";

const MAX_TRADES = 1_000;
const NS_PER_MS = 1_000_000n;

/** `[time, open, high, low, close, vwap, volume, count]` */
const CANDLE: KlineColumns = {
  openTime: 0,
  unitMs: 1_000,
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 6,
  trades: 7,
};

const MINUTES: Partial<Record<Interval, string>> = {
  "1m": "1",
  "5m": "5",
  "15m": "15",
  "30m": "30",
  "1h": "60",
  "4h": "240",
  "1d": "1440",
};

const identity = {
  name: "kraken",
  symbols: {
    pattern: /^[\p{L}\p{N}.]{1,20}\/[A-Z0-9.]{1,20}$/u,
    rule: "as in API v2, such as BTC/USD",
  },
  ids: "dense",
  roundsAmounts: true,
} as const;
const sieve = new TradeSieve(identity);
const restTrades = new RestTrades(sieve, rowsOf, krakenPrint);

const klines: Klines = {
  convention: { open: "first trade", empty: "flat", leavesOut: null },
  intervals: MINUTES,
  maxPerRequest: 720,
  newest: 720,
  reach: "the newest 720 candles of an interval",
  fetch: (symbol, interval, start, end) => {
    const minutes = MINUTES[interval];
    if (minutes === undefined) return undefined;
    // The venue returns candles after `since` (s).
    const since = Math.floor((start - shapeOf(interval).width) / 1_000);
    return {
      path: `/0/public/OHLC?pair=${encodeURIComponent(symbol)}&interval=${minutes}&since=${since}`,
      weight: 1,
      read: (body) => klinesIn(body, rowsOf, CANDLE, start, end),
    };
  },
};

/**
 * Kraken spot, API v2. "Trade ID: sequential int" (docs.kraken.com, spot WebSocket); older streams
 * have no ids. The side is the taker's.
 */
export const kraken: Venue = {
  ...identity,
  reportsSideOf: "taker",
  wsUrl: "wss://ws.kraken.com/v2",
  restUrl: "https://api.kraken.com",
  limits: {
    // 150 in ten minutes.
    connectionsPerMinute: 15,
    streamsPerConnection: 100,
    controlMessagesPerSecond: 5,
    connectionLifeMs: DAY_MS,
  },
  // The venue closes a connection on which we send nothing for a minute.
  keepAlive: { everyMs: 30_000, message: '{"method":"ping"}' },
  url: (base) => base,
  subscribe: (symbols) => [message("subscribe", symbols)],
  resubscribe: (symbol) => ["unsubscribe", "subscribe"].map((method) => message(method, [symbol])),
  decode: (text, context) => decodeKraken(text, sieve, context),
  decodeRest: (element, symbol, context) => restTrades.decode(element, symbol, context),
  // About one a second.
  rest: { budget: { weight: 1, perMs: 1_000 } },
  newestTrade: (symbol) => restTrades.newest(tradesPath(symbol, "count=1"), 1, symbol),
  repair: {
    kind: "by id",
    reach: "all trades since a market began",
    isAll: true,
    paging: "forward from a time",
    begin: (hole, source) =>
      pagesForwards(hole, source, BigInt(hole.after) * NS_PER_MS - 1n, undefined),
  },
  klines,
  instruments: krakenInstruments,
};

/**
 * The venue pages by time in ns. The first page begins with the trade before the hole, each of the
 * others with the newest trade of its predecessor, so that no trade of the same nanosecond is lost.
 * If one nanosecond holds more than a page, the remainder cannot be fetched and its ids stay
 * unreported.
 */
function pagesForwards(
  hole: SymbolHole,
  source: TradeSource,
  since: bigint,
  /**
   * All ids below are reported; undefined for a page that proves nothing about ids before its first
   * trade.
   */
  reportedTo: bigint | undefined,
): RestRequest<TradePage> {
  return {
    path: tradesPath(hole.symbol, `since=${since}&count=${MAX_TRADES}`),
    weight: 1,
    read: (body, arrival) => {
      const answer = restTrades.read(body, hole.symbol, arrival, source);
      if (!answer.ok) return answer;
      const last = BigInt(lastOf(body) ?? since);
      const { trades, refused } = answer.value;
      const end = endOfAll(trades, reportedTo ?? hole.from);
      const from =
        reportedTo ?? trades.reduce((lowest, { ord }) => lower(lowest, BigInt(ord)), end);
      const next = (): RestRequest<TradePage> | undefined => {
        if (end >= hole.to) return undefined;
        if (last - 1n > since) return pagesForwards(hole, source, last - 1n, end);
        const isFull = trades.length + refused.length >= MAX_TRADES;
        return isFull && last > since ? pagesForwards(hole, source, last, undefined) : undefined;
      };
      return {
        ok: true,
        value: pageOf(hole, answer.value, { from, to: end }, next()),
      };
    },
  };
}

function lower(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function lastOf(body: string): string | undefined {
  const parsed = parseExact(body);
  return parsed.ok ? wholeOf(fieldOf(fieldOf(parsed.value, "result"), "last")) : undefined;
}

/** The only list of a result; its key is the venue's own spelling of the symbol. */
function rowsOf(body: unknown): readonly unknown[] | undefined {
  const result = fieldOf(body, "result");
  const hasFailed = listOf(fieldOf(body, "error")).length > 0;
  if (hasFailed || typeof result !== "object" || result === null) return undefined;
  const rows = Object.values(result).find((value) => Array.isArray(value));
  return rows as unknown[] | undefined;
}

function message(method: string, symbols: readonly string[]): string {
  return JSON.stringify({
    method,
    params: { channel: "trade", symbol: symbols },
  });
}

function tradesPath(symbol: string, query: string): string {
  return `/0/public/Trades?pair=${encodeURIComponent(symbol)}&${query}`;
}
