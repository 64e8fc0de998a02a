import { canonical } from "./decimal.js";
import { type IdKind, type Market, parseMarket } from "./market.js";

export const TAKER_SIDES = ["buy", "sell", "unknown"] as const;
/** The aggressor's side, not the resting order's. */
export type TakerSide = (typeof TAKER_SIDES)[number];

/** An aggregated trade stands for `count` raw trades with consecutive ids. */
export type TradeKind = "raw" | "aggregated";

export const TRADE_SOURCES = [
  "live",
  "replay",
  "simulated",
  "posted",
  "repair",
  "backfill",
] as const;
export type TradeSource = (typeof TRADE_SOURCES)[number];

export interface Trade {
  market: Market;
  /** The venue's own id. Unique per market, together with `time`. */
  id: string;
  /**
   * Integer text below 2⁶³ that orders trades of one millisecond. On dense markets the first raw id
   * this trade stands for.
   */
  ord: string;
  /** Dense: the raw ids `ord … ord + count − 1` count up by one over the whole market. */
  ids: IdKind;
  kind: TradeKind;
  /** Raw trades this one stands for: 1, or `l − f + 1` of a Binance aggTrade. */
  count: number;
  /** Canonical decimal text, quote currency per unit of base. */
  price: string;
  /** Canonical decimal text in base currency; "0" is a price tick without a trade's size. */
  amount: string;
  takerSide: TakerSide;
  /** Exchange time, epoch ms; finer clocks are floored. */
  time: number;
  /** Arrival by our own clock, epoch ms. Never used for buckets. */
  receivedAt: number;
  source: TradeSource;
  /**
   * A print that the venue's own candles leave out: stored and counted as covered, but in no
   * candle. Only such a one may have the price "0".
   */
  offBook: boolean;
}

/**
 * States that a market's exchange time has reached `clock`: closes quiet candles. Written to the
 * same topic as its trades.
 */
export interface Clock {
  market: Market;
  /** Exchange time, epoch ms. */
  clock: number;
}

/** A record of topic `trades`. */
export type TapeRecord = Trade | Clock;

/** A message of a venue, or a trade of it, that was not accepted: the recorder dead-letters it. */
export interface Refusal {
  /** The venue's name where no market is known. */
  market: string;
  /** Stable code: a `Fault` code, or why a message cannot be read. */
  refused: string;
  detail: string;
  /** The message, cut at `MAX_PAYLOAD_CHARACTERS`. */
  text: string;
}

export function isClock(record: TapeRecord): record is Clock {
  return "clock" in record;
}

/** Why a trade is refused; `code` is stable and goes into metrics and dead letters. */
export interface Fault {
  code:
    | "bad_market"
    | "bad_id"
    | "bad_ord"
    | "bad_kind"
    | "bad_count"
    | "bad_price"
    | "bad_amount"
    | "bad_side"
    | "bad_time"
    | "bad_source";
  /** Names the field, the limit and the value. */
  detail: string;
  /** A time beyond the latest, which passes: a minute later it may be none. */
  isAhead?: true;
}

/** Raw trades of one aggregated trade. */
export const MAX_COUNT = 1_000_000;
/** Epoch ms of 2009-01-03, the first block: no market is older. */
export const MIN_TIME = 1_230_940_800_000;
/** How far a trade may be ahead of its venue's clock. */
export const MAX_AHEAD_MS = 60_000;
/**
 * How far it may be ahead of the message that brings it. In 41,566 recorded ones none is at all; a
 * venue's machines may differ by less.
 */
export const MAX_AHEAD_OF_MESSAGE_MS = 1_000;
const MAX_ORD = 2n ** 63n;
const MAX_ID_CHARACTERS = 128;
const SOURCES: ReadonlySet<string> = new Set(TRADE_SOURCES);
const SIDES: ReadonlySet<string> = new Set(TAKER_SIDES);
const INTEGER = /^\d{1,19}$/;
/** Halves of surrogate pairs all become one character when written: two ids would become one. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;

/**
 * The first rule that a record breaks, or undefined. Checks values of any type, since a topic can
 * hold anything. `latest` is the newest exchange time (epoch ms) that is plausible.
 */
export function faultOf(trade: Trade, latest: number): Fault | undefined {
  const { market, id, ord, count, price, amount, time } = trade;
  if (typeof market !== "string" || parseMarket(market) === undefined) {
    return fault("bad_market", "market", "venue:symbol", market);
  }
  if (
    typeof id !== "string" ||
    id.length === 0 ||
    id.length > MAX_ID_CHARACTERS ||
    UNSTORABLE.test(id)
  ) {
    const limit = `well-formed text of 1–${MAX_ID_CHARACTERS} characters, none of control`;
    return fault("bad_id", "id", limit, id);
  }
  if (!Number.isInteger(count) || count < 1 || count > MAX_COUNT) {
    return fault("bad_count", "count", `an integer of 1–${MAX_COUNT}`, count);
  }
  if (
    typeof ord !== "string" ||
    !INTEGER.test(ord) ||
    (ord.length > 17 && BigInt(ord) + BigInt(count) >= MAX_ORD)
  ) {
    return fault("bad_ord", "ord", "integer text with ord + count below 2^63", ord);
  }
  if (
    (trade.kind !== "raw" && trade.kind !== "aggregated") ||
    (trade.kind === "raw" && count !== 1)
  ) {
    return fault(
      "bad_kind",
      "kind",
      "raw (count 1) or aggregated",
      `${String(trade.kind)}, count ${count}`,
    );
  }
  if ((trade.ids !== "dense" && trade.ids !== "sparse") || typeof trade.offBook !== "boolean") {
    return fault(
      "bad_kind",
      "ids and offBook",
      "dense or sparse, and true or false",
      `${String(trade.ids)}, ${String(trade.offBook)}`,
    );
  }
  if (
    typeof price !== "string" ||
    (price === "0" && !trade.offBook) ||
    canonical(price) !== price
  ) {
    return fault(
      "bad_price",
      "price",
      "canonical decimal text above 0, at most 20 integer and 18 fraction digits",
      price,
    );
  }
  if (typeof amount !== "string" || canonical(amount) !== amount) {
    return fault(
      "bad_amount",
      "amount",
      "canonical decimal text of at most 20 integer and 18 fraction digits",
      amount,
    );
  }
  if (!SIDES.has(trade.takerSide))
    return fault("bad_side", "takerSide", "buy, sell or unknown", trade.takerSide);
  if (!SOURCES.has(trade.source))
    return fault("bad_source", "source", [...SOURCES].join(", "), trade.source);
  return (
    timeFault("time", time, latest) ??
    (Number.isSafeInteger(trade.receivedAt)
      ? undefined
      : fault("bad_time", "receivedAt", "epoch ms", trade.receivedAt))
  );
}

/** As `faultOf`, for a clock record. */
export function clockFaultOf(record: Clock, latest: number): Fault | undefined {
  if (typeof record.market !== "string" || parseMarket(record.market) === undefined) {
    return fault("bad_market", "market", "venue:symbol", record.market);
  }
  return timeFault("clock", record.clock, latest);
}

function timeFault(field: string, time: number, latest: number): Fault | undefined {
  if (Number.isSafeInteger(time) && time >= MIN_TIME && time <= latest) return undefined;
  const bad = fault("bad_time", field, `epoch ms from ${MIN_TIME} to ${Math.floor(latest)}`, time);
  return Number.isSafeInteger(time) && time > latest ? { ...bad, isAhead: true } : bad;
}

function fault(code: Fault["code"], field: string, limit: string, value: unknown): Fault {
  const shown =
    typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : JSON.stringify(value);
  return {
    code,
    detail: `${field} must be ${limit}, not ${shown ?? "missing"}`,
  };
}
