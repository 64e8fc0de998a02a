import { canonical } from "../../domain/decimal.js";
import { marketOf, parseMarket } from "../../domain/market.js";
import { type Fault, MAX_COUNT, MIN_TIME, type TakerSide, type Trade } from "../../domain/trade.js";
import { latestTime } from "../decode/latest-time.js";
import { isOffBook, printFaultOf } from "../decode/off-book.js";
import type { DecodeContext, Frame, Refused } from "../venue.js";
import type { Layout } from "./layouts.js";

/** Fields of `@trade` and `@aggTrade`; see binance-spot-api-docs, web-socket-streams.md. */
export interface BinanceTrade {
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
  /**
   * Futures `trade` only: MARKET; anything else (INSURANCE_FUND, ADL, NA…) is a print outside the
   * book, whatever its price and quantity.
   */
  X?: unknown;
}

/** Any JSON message. */
interface Message extends Partial<BinanceTrade> {
  data?: Message | null;
  result?: unknown;
  id?: unknown;
  msg?: unknown;
}

/** Times are ms, or µs where the stream's URL requests them; 10¹⁴ ms is the year 5138. */
const MICROSECONDS_FROM = 1e14;
/** More than any venue has: frames with invented symbols must not fill the memory. */
const MAX_KNOWN_SYMBOLS = 10_000;
const OTHER: Frame = { type: "other" };
const NONE: readonly Refused[] = [];

/** Decodes the frames of one venue that speaks Binance's format. Never throws. */
export class BinanceDecoder {
  private readonly markets = new Map<string, string>();

  constructor(
    private readonly venue: string,
    private readonly layouts: readonly Layout[],
  ) {}

  /** A combined-stream frame, a bare event of a raw stream, or an answer to a message of ours. */
  decode(text: string, context: DecodeContext): Frame {
    // Recordings are mostly order book: the stream's name identifies those frames without parsing.
    if (text.startsWith('{"stream":"') && !isTradeStream(text))
      return text.startsWith('{"stream":"!serverShutdown"') ? { type: "shutdown" } : OTHER;
    const frame = this.byLayout(text, context);
    if (frame !== undefined) return frame;
    let message: Message | null;
    try {
      message = JSON.parse(text) as Message | null;
    } catch (error) {
      return unreadable("not_json", (error as Error).message);
    }
    const event = message?.data ?? message;
    if (typeof event !== "object" || event === null)
      return unreadable("not_an_event", text.slice(0, 80));
    if (event.e === "trade" || event.e === "aggTrade")
      return this.trade(event as BinanceTrade, context);
    if (event.e === "serverShutdown") return { type: "shutdown" };
    return typeof message?.id === "number" ? answer(message, text) : OTHER;
  }

  /** Undefined for a text that matches no layout, and for a trade that must be refused. */
  private byLayout(text: string, context: DecodeContext): Frame | undefined {
    for (const { pattern, isAggregate, at } of this.layouts) {
      const match = pattern.exec(text);
      if (match === null) continue;
      const time = Number(match[at.T]);
      const sentAt = Number(match[at.E]);
      const price = canonical(match[at.p] as string);
      const amount = canonical(match[at.q] as string);
      const market = this.marketOf(match[at.s]);
      const id = match[isAggregate ? at.a : at.t] as string;
      const ord = isAggregate ? (match[at.f] as string) : id;
      const count = isAggregate ? Number(match[at.l]) - Number(ord) + 1 : 1;
      const isGood =
        price !== undefined &&
        price !== "0" &&
        amount !== undefined &&
        amount !== "0" &&
        market !== "" &&
        isCount(count) &&
        time >= MIN_TIME &&
        time <= latestTime(context, sentAt);
      if (!isGood) return undefined;
      const trade: Trade = {
        market,
        id,
        ord,
        ids: "dense",
        kind: isAggregate ? "aggregated" : "raw",
        count,
        price,
        amount,
        takerSide: match[at.m] === "true" ? "sell" : "buy",
        time,
        receivedAt: context.receivedAt,
        source: context.source,
        offBook: at.X !== 0 && match[at.X] !== "MARKET",
      };
      return { type: "trades", trades: [trade], refused: NONE, sentAt };
    }
    return undefined;
  }

  /** An element of a stream or of a REST array, under the stream's names. */
  trade(event: BinanceTrade, context: DecodeContext): Frame {
    const { p, q, m } = event;
    const aggregated = event.e === "aggTrade";
    const ord = aggregated ? event.f : event.t;
    const id = aggregated ? event.a : ord;
    const idText = integerText(id);
    const time = milliseconds(event.T);
    const isMarked = event.X !== undefined && event.X !== "MARKET";
    const price = decimalOf(p) ?? (isMarked ? "0" : undefined);
    const amount = decimalOf(q) ?? (isMarked ? "0" : undefined);
    const offBook =
      isMarked || (price !== undefined && amount !== undefined && isOffBook(price, amount));
    // A field that cannot be read is passed on unchanged: `faultOf` names the fault.
    const trade: Trade = {
      market: this.marketOf(event.s),
      id: idText,
      ord: id === ord ? idText : integerText(ord),
      ids: "dense",
      kind: aggregated ? "aggregated" : "raw",
      count: aggregated ? spanOf(ord, event.l) : 1,
      price: price ?? (p as string),
      amount: amount ?? (q as string),
      takerSide: m === true ? "sell" : m === false ? "buy" : (m as TakerSide),
      time,
      receivedAt: context.receivedAt,
      source: context.source,
      offBook,
    };
    const sentAt = milliseconds(event.E);
    const latest = latestTime(context, sentAt);
    // The rules of `faultOf` in their cheapest form: this runs for every trade.
    const isGood =
      price !== undefined &&
      amount !== undefined &&
      (offBook || (price !== "0" && amount !== "0")) &&
      isNatural(id) &&
      isNatural(ord) &&
      typeof m === "boolean" &&
      trade.market !== "" &&
      (!aggregated || isCount(trade.count)) &&
      Number.isSafeInteger(time) &&
      time >= MIN_TIME &&
      time <= latest;
    const sent = Number.isNaN(sentAt) ? {} : { sentAt };
    if (isGood) return { type: "trades", trades: [trade], refused: NONE, ...sent };
    const fault: Fault = printFaultOf(trade, latest, {}) ?? {
      code: "bad_id",
      detail: `ids must be JSON integers below 2^53, not ${JSON.stringify([id, ord])}`,
    };
    const { market } = trade;
    const refused: Refused = {
      reason: fault.code,
      detail: fault.detail,
      ...(market === "" ? {} : { market }),
      ...(fault.isAhead === true ? { isAhead: true } : {}),
    };
    return { type: "trades", trades: [], refused: [refused], ...sent };
  }

  /** Empty text, which no rule accepts, for anything that is not a symbol. */
  private marketOf(symbol: unknown): string {
    if (typeof symbol !== "string") return "";
    const known = this.markets.get(symbol);
    if (known !== undefined) return known;
    const market = marketOf(this.venue, symbol);
    if (parseMarket(market) === undefined) return "";
    if (this.markets.size < MAX_KNOWN_SYMBOLS) this.markets.set(symbol, market);
    return market;
  }
}

function decimalOf(value: unknown): string | undefined {
  return typeof value === "string" ? canonical(value) : undefined;
}

function isTradeStream(text: string): boolean {
  const at = text.indexOf("@", 11);
  return at > 0 && (text.startsWith('trade"', at + 1) || text.startsWith('aggTrade"', at + 1));
}

function answer(message: Message, text: string): Frame {
  return {
    type: "answer",
    to: message.id as number,
    problem: message.result === null ? undefined : text.slice(0, 200),
  };
}

function integerText(value: unknown): string {
  return isNatural(value) ? String(value) : (value as string);
}

function spanOf(first: unknown, last: unknown): number {
  return isNatural(first) && isNatural(last) ? last - first + 1 : NaN;
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_COUNT;
}

function milliseconds(value: unknown): number {
  if (typeof value !== "number") return NaN;
  return value >= MICROSECONDS_FROM ? Math.floor(value / 1_000) : value;
}

function unreadable(reason: string, detail: string): Frame {
  return { type: "unreadable", reason, detail };
}
