import type { Interval } from "../../domain/interval.js";
import { DAY_MS } from "../../domain/units.js";
import { fieldOf } from "../decode/exact-json.js";
import { type KlineColumns, klinesIn } from "../decode/kline-rows.js";
import { RestTrades } from "../decode/rest-trades.js";
import { TradeSieve } from "../decode/trade-sieve.js";
import type { Klines, Venue, VenueIds } from "../venue.js";
import { bybitPrint, decodeBybit } from "./frames.js";
import { bybitInstruments } from "./instruments.js";

/** `[start, open, high, low, close, volume, turnover]` */
const CANDLE: KlineColumns = {
  openTime: 0,
  unitMs: 1,
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 5,
  quoteVolume: 6,
};

const INTERVALS: Partial<Record<Interval, string>> = {
  "1m": "1",
  "3m": "3",
  "5m": "5",
  "15m": "15",
  "30m": "30",
  "1h": "60",
  "2h": "120",
  "4h": "240",
  "6h": "360",
  "12h": "720",
  "1d": "D",
  "1w": "W",
  "1M": "M",
};

/** What Bybit's categories have in common. */
export function bybitLike(name: string, category: "spot" | "linear", ids: VenueIds): Venue {
  const symbols = {
    pattern: /^[\p{Lu}\p{Lo}\p{N}-]{2,40}$/u,
    rule: "upper case, such as BTCUSDT",
  };
  const sieve = new TradeSieve({ name, symbols, ids });
  const restTrades = new RestTrades(sieve, rowsOf, bybitPrint);
  const message = (op: string, symbol: string, id: number): string =>
    JSON.stringify({
      req_id: String(id),
      op,
      args: [`publicTrade.${symbol}`],
    });
  const query = (symbol: string): string =>
    `category=${category}&symbol=${encodeURIComponent(symbol)}`;
  return {
    name,
    symbols,
    ids,
    reportsSideOf: "taker",
    wsUrl: `wss://stream.bybit.com/v5/public/${category}`,
    restUrl: "https://api.bybit.com",
    limits: {
      // 500 in five minutes.
      connectionsPerMinute: 100,
      streamsPerConnection: 50,
      controlMessagesPerSecond: 10,
      // No end is announced.
      connectionLifeMs: DAY_MS,
    },
    keepAlive: { everyMs: 20_000, message: '{"op":"ping"}' },
    url: (base) => base,
    // One message a symbol: an unknown symbol makes the venue refuse the whole message.
    subscribe: (all, id) => all.map((symbol, index) => message("subscribe", symbol, id + index)),
    resubscribe: (symbol, id) => [
      message("unsubscribe", symbol, id),
      message("subscribe", symbol, id + 1),
    ],
    decode: (text, context) => decodeBybit(text, sieve, context),
    decodeRest: (element, symbol, context) => restTrades.decode(element, symbol, context),
    rest: { budget: { weight: 600, perMs: 5_000 } },
    newestTrade: (symbol) =>
      restTrades.newest(`/v5/market/recent-trade?${query(symbol)}&limit=1`, 1, symbol),
    repair: {
      kind: "none",
      reason:
        "its ids do not count trades, so no hole is known, and its REST serves the newest trades only, without a cursor",
    },
    klines: klinesOfCategory(query),
    instruments: bybitInstruments(name, category, rowsOf),
  };
}

function klinesOfCategory(query: (symbol: string) => string): Klines {
  return {
    // 85 of 85 recorded candles; a new minute begins flat at the previous close.
    convention: { open: "previous close", empty: "flat", leavesOut: null },
    intervals: INTERVALS,
    maxPerRequest: 1_000,
    reach: "all candles since a market began",
    fetch: (symbol, interval, start, end) =>
      INTERVALS[interval] === undefined
        ? undefined
        : {
            path: `/v5/market/kline?${query(symbol)}&interval=${INTERVALS[interval]}&start=${start}&end=${end - 1}&limit=1000`,
            weight: 1,
            read: (body) => klinesIn(body, rowsOf, CANDLE, start, end),
          },
  };
}

function rowsOf(body: unknown): readonly unknown[] | undefined {
  const rows = fieldOf(fieldOf(body, "result"), "list");
  return fieldOf(body, "retCode") === "0" && Array.isArray(rows) ? (rows as unknown[]) : undefined;
}
