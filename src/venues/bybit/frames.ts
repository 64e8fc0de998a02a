import type { TakerSide } from "../../domain/trade.js";
import { fieldOf, listOf, parseExact, wholeOf, unreadable } from "../decode/exact-json.js";
import { millisecondsTime } from "../decode/exchange-time.js";
import type { Print, TradeSieve } from "../decode/trade-sieve.js";
import type { DecodeContext, Frame } from "../venue.js";

const OTHER: Frame = { type: "other" };
/** More trades than a message has (1,024). */
const MAX_MESSAGE_TRADES = 10_000n;

/** Numeric ids order the trades; others are ordered by sequence and position in the message. */
export function decodeBybit(text: string, sieve: TradeSieve, context: DecodeContext): Frame {
  const parsed = parseExact(text);
  if (!parsed.ok) return unreadable(parsed);
  const message = parsed.value;
  const topic = fieldOf(message, "topic");
  if (typeof topic === "string" && topic.startsWith("publicTrade.")) {
    const prints = listOf(fieldOf(message, "data")).map(streamPrint);
    const sentAt = millisecondsTime(fieldOf(message, "ts"));
    return {
      type: "trades",
      ...sieve.sift(prints, context, sentAt),
      ...(Number.isNaN(sentAt) ? {} : { sentAt }),
    };
  }
  if (fieldOf(message, "op") !== "subscribe") return OTHER;
  const id = wholeOf(fieldOf(message, "req_id"));
  return {
    type: "answer",
    to: id === undefined ? [] : Number(id),
    problem: fieldOf(message, "success") === true ? undefined : text.slice(0, 200),
  };
}

function streamPrint(trade: unknown, position: number): Print {
  const id = fieldOf(trade, "i");
  return {
    symbol: fieldOf(trade, "s"),
    id,
    ord: wholeOf(id) ?? ordOf(fieldOf(trade, "seq"), position),
    price: fieldOf(trade, "p"),
    amount: fieldOf(trade, "v"),
    takerSide: sideOf(fieldOf(trade, "S")),
    time: millisecondsTime(fieldOf(trade, "T")),
  };
}

/** REST reports single trades without their position in a message, so position 0 is assumed. */
export function bybitPrint(trade: unknown): Print {
  const id = fieldOf(trade, "execId");
  return {
    symbol: fieldOf(trade, "symbol"),
    id,
    ord: wholeOf(id) ?? ordOf(fieldOf(trade, "seq"), 0),
    price: fieldOf(trade, "price"),
    amount: fieldOf(trade, "size"),
    takerSide: sideOf(fieldOf(trade, "side")),
    time: millisecondsTime(fieldOf(trade, "time")),
  };
}

function ordOf(sequence: unknown, position: number): string | undefined {
  const whole = wholeOf(sequence);
  return whole === undefined
    ? undefined
    : (BigInt(whole) * MAX_MESSAGE_TRADES + BigInt(position)).toString();
}

function sideOf(side: unknown): TakerSide | undefined {
  if (side === "Buy") return "buy";
  return side === "Sell" ? "sell" : undefined;
}
