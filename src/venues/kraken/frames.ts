import type { TakerSide } from "../../domain/trade.js";
import { fieldOf, listOf, parseExact, unreadable } from "../decode/exact-json.js";
import { isoTime, secondsTime } from "../decode/exchange-time.js";
import type { Print, TradeSieve } from "../decode/trade-sieve.js";
import type { DecodeContext, Frame } from "../venue.js";

const OTHER: Frame = { type: "other" };

/**
 * Frames of API v2. Trades of v1 have no id, so two equal trades look like one sent twice: they are
 * refused.
 */
export function decodeKraken(text: string, sieve: TradeSieve, context: DecodeContext): Frame {
  const parsed = parseExact(text);
  if (!parsed.ok) return unreadable(parsed);
  const message = parsed.value;
  if (Array.isArray(message)) return firstVersion(message as unknown[]);
  if (fieldOf(message, "channel") === "trade") {
    const prints = listOf(fieldOf(message, "data")).map(streamPrint);
    const isPast = fieldOf(message, "type") === "snapshot";
    return { type: "trades", ...sieve.sift(prints, context), isPast };
  }
  return fieldOf(message, "method") === "subscribe" ? answer(message, text) : OTHER;
}

function streamPrint(trade: unknown): Print {
  return {
    symbol: fieldOf(trade, "symbol"),
    id: fieldOf(trade, "trade_id"),
    price: fieldOf(trade, "price"),
    amount: fieldOf(trade, "qty"),
    takerSide: sideOf(fieldOf(trade, "side")),
    time: isoTime(fieldOf(trade, "timestamp")),
  };
}

/** REST: `[price, volume, time in s, side, order type, miscellaneous, id]`. */
export function krakenPrint(trade: unknown, symbol: string): Print {
  return {
    symbol,
    id: fieldOf(trade, 6),
    price: fieldOf(trade, 0),
    amount: fieldOf(trade, 1),
    takerSide: sideOf(fieldOf(trade, 3)),
    time: secondsTime(fieldOf(trade, 2)),
  };
}

function sideOf(side: unknown): TakerSide | undefined {
  if (side === "buy" || side === "b") return "buy";
  return side === "sell" || side === "s" ? "sell" : undefined;
}

/** `[channel id, [trade, …], "trade", "XBT/USD"]` */
function firstVersion(message: readonly unknown[]): Frame {
  if (message.at(-2) !== "trade") return OTHER;
  const detail = "API v1 has no trade ids: record wss://ws.kraken.com/v2";
  const refused = listOf(message[1]).map(() => ({ reason: "bad_id", detail }));
  return { type: "trades", trades: [], refused };
}

function answer(message: unknown, text: string): Frame {
  const symbol = fieldOf(fieldOf(message, "result"), "symbol") ?? fieldOf(message, "symbol");
  return {
    type: "answer",
    to: typeof symbol === "string" ? [symbol] : [],
    problem: fieldOf(message, "success") === true ? undefined : text.slice(0, 200),
  };
}
