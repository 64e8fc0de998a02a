import { canonical } from "../domain/decimal.js";
import {
  type TakerSide,
  type Trade,
  MAX_AHEAD_MS,
  faultOf,
} from "../domain/trade.js";
import { marketOf } from "../domain/market.js";
import type { DecodeContext, Frame, NewestTrade, Venue } from "./venue.js";

/** Fields of `@trade` and `@aggTrade`; see binance-spot-api-docs, web-socket-streams.md. */
interface BinanceTrade {
  e: unknown;
  E: unknown;
  s: unknown;
  /** Raw trade id (`trade`). */
  t?: unknown;
  /** Aggregate id, first and last raw id (`aggTrade`). */
  a?: unknown;
  f?: unknown;
  l?: unknown;
  p: unknown;
  q: unknown;
  T: unknown;
  /** The buyer was the maker: the seller was the aggressor. */
  m: unknown;
  /** Futures `trade` only: MARKET, or INSURANCE_FUND and ADL for prints outside the book. */
  X?: unknown;
}

/** Times are ms, or µs where the stream was asked for them; 10¹⁴ ms is the year 5138. */
const MICROSECONDS_FROM = 1e14;

export type BinanceStream = "trade" | "aggTrade";

/** What Binance's spot and futures streams have in common. */
export function binanceLike(
  name: string,
  stream: BinanceStream,
  restPrefix: string,
): Omit<Venue, "wsUrl" | "restUrl"> {
  const streamOf = (symbol: string): string =>
    `${symbol.toLowerCase()}@${stream}`;
  return {
    name,
    limits: {
      // 1,024 are allowed; a connection that ends takes fewer symbols with it, and its URL stays short.
      streamsPerConnection: 200,
      controlMessagesPerSecond: 5,
      connectionLifeMs: 86_400_000,
    },
    url: (base, symbols) =>
      `${base.replace(/\/$/, "")}/stream?streams=${symbols.map(streamOf).join("/")}`,
    resubscribe: (symbol, id) =>
      ["UNSUBSCRIBE", "SUBSCRIBE"].map((method, index) =>
        JSON.stringify({ method, params: [streamOf(symbol)], id: id + index }),
      ),
    decode: (text, context) => decodeFrame(name, text, context),
    newestTrade: (symbol) => ({
      path: `${restPrefix}/aggTrades?symbol=${encodeURIComponent(symbol)}&limit=1`,
      read: readNewest,
    }),
  };
}

function readNewest(body: unknown): NewestTrade | undefined {
  const newest = (Array.isArray(body) ? body.at(-1) : undefined) as
    { l?: unknown; T?: unknown } | undefined;
  return Number.isSafeInteger(newest?.l) && Number.isSafeInteger(newest?.T)
    ? { lastOrd: BigInt(newest?.l as number), time: newest?.T as number }
    : undefined;
}

/** A combined-stream frame, or a bare event of a raw stream. */
export function decodeFrame(
  venue: string,
  text: string,
  context: DecodeContext,
): Frame {
  // Recordings are mostly order book: those frames are told by their stream's name, without parsing them.
  if (text.startsWith('{"stream":"') && !isTradeStream(text)) {
    return text.startsWith('{"stream":"!serverShutdown"')
      ? { type: "shutdown" }
      : { type: "other" };
  }
  let message: { data?: BinanceTrade; e?: unknown };
  try {
    message = JSON.parse(text) as typeof message;
  } catch (error) {
    return {
      type: "unreadable",
      reason: "not_json",
      detail: (error as Error).message,
    };
  }
  const event =
    (message as { data?: BinanceTrade } | null)?.data ??
    (message as BinanceTrade | null);
  if (typeof event !== "object" || event === null)
    return {
      type: "unreadable",
      reason: "not_an_event",
      detail: text.slice(0, 80),
    };
  if (event.e === "serverShutdown") return { type: "shutdown" };
  if (event.e !== "trade" && event.e !== "aggTrade") return { type: "other" };
  const trade =
    event.e === "trade"
      ? rawTrade(venue, event, context)
      : aggregate(venue, event, context);
  const eventTime = milliseconds(event.E);
  const fault = faultOf(
    trade,
    context.latest ??
      (eventTime > 0 ? eventTime : trade.receivedAt) + MAX_AHEAD_MS,
  );
  return fault === undefined
    ? { type: "trades", trades: [trade], refused: [] }
    : {
        type: "trades",
        trades: [],
        refused: [{ reason: fault.code, detail: fault.detail }],
      };
}

function isTradeStream(text: string): boolean {
  const at = text.indexOf("@", 11);
  return (
    at > 0 &&
    (text.startsWith('trade"', at + 1) || text.startsWith('aggTrade"', at + 1))
  );
}

function rawTrade(
  venue: string,
  event: BinanceTrade,
  context: DecodeContext,
): Trade {
  const id = integerText(event.t);
  return {
    ...common(venue, event, context),
    id,
    ord: id,
    kind: "raw",
    count: 1,
    offBook: event.X !== undefined && event.X !== "MARKET",
  };
}

function aggregate(
  venue: string,
  event: BinanceTrade,
  context: DecodeContext,
): Trade {
  return {
    ...common(venue, event, context),
    id: integerText(event.a),
    ord: integerText(event.f),
    kind: "aggregated",
    count: Number(event.l) - Number(event.f) + 1,
    offBook: false,
  };
}

/** Values are passed on as they came where they cannot be read: `faultOf` names what is wrong with them. */
function common(
  venue: string,
  event: BinanceTrade,
  { receivedAt, source }: DecodeContext,
): Omit<Trade, "id" | "ord" | "kind" | "count" | "offBook"> {
  return {
    market: typeof event.s === "string" ? marketOf(venue, event.s) : "",
    ids: "dense",
    price: decimal(event.p),
    amount: decimal(event.q),
    takerSide: (event.m === true
      ? "sell"
      : event.m === false
        ? "buy"
        : event.m) as TakerSide,
    time: milliseconds(event.T),
    receivedAt,
    source,
  };
}

function decimal(value: unknown): string {
  return typeof value === "string"
    ? (canonical(value) ?? value)
    : (value as string);
}

function integerText(value: unknown): string {
  return Number.isSafeInteger(value) ? String(value) : (value as string);
}

function milliseconds(value: unknown): number {
  if (typeof value !== "number") return NaN;
  return value >= MICROSECONDS_FROM ? Math.floor(value / 1_000) : value;
}
