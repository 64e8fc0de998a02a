import type { TakerSide } from "../../domain/trade.js";
import { fieldOf, listOf, parseExact, wholeOf, unreadable } from "../decode/exact-json.js";
import { isoTime } from "../decode/exchange-time.js";
import type { Print, TradeSieve } from "../decode/trade-sieve.js";
import type { DecodeContext, Frame } from "../venue.js";

const OTHER: Frame = { type: "other" };

/**
 * Frames of the Exchange feed, which we follow, and `market_trades` of the Advanced Trade feed,
 * which recordings often hold. That both feeds give a trade the same id is likely but not proven:
 * feed a market from one of them only.
 */
export function decodeCoinbase(text: string, sieve: TradeSieve, context: DecodeContext): Frame {
  const parsed = parseExact(text);
  if (!parsed.ok) return unreadable(parsed);
  const message = parsed.value;
  switch (fieldOf(message, "type")) {
    case "match":
    case "last_match": {
      const sifted = sieve.sift([coinbasePrint(message)], context);
      const isPast = fieldOf(message, "type") === "last_match";
      return { type: "trades", ...sifted, isPast };
    }
    case "heartbeat":
      return heartbeat(message);
    case "subscriptions":
      return { type: "answer", to: followed(message), problem: undefined };
    case "error":
      return {
        type: "answer",
        to: refusedIn(message),
        problem: text.slice(0, 200),
      };
    default:
      return fieldOf(message, "channel") === "market_trades"
        ? marketTrades(message, sieve, context)
        : OTHER;
  }
}

/** A trade of the stream or of the REST array; its side is the maker's. */
export function coinbasePrint(element: unknown, symbol?: string): Print {
  return {
    symbol: symbol ?? fieldOf(element, "product_id"),
    id: fieldOf(element, "trade_id"),
    price: fieldOf(element, "price"),
    amount: fieldOf(element, "size"),
    takerSide: takerOf(fieldOf(element, "side")),
    time: isoTime(fieldOf(element, "time")),
  };
}

function takerOf(makerSide: unknown): TakerSide | undefined {
  if (makerSide === "sell" || makerSide === "SELL") return "buy";
  return makerSide === "buy" || makerSide === "BUY" ? "sell" : undefined;
}

/** Several events in a message, newest trade first; a snapshot holds the newest 100 trades. */
function marketTrades(message: unknown, sieve: TradeSieve, context: DecodeContext): Frame {
  const events = listOf(fieldOf(message, "events"));
  const prints = events
    .flatMap((event) => listOf(fieldOf(event, "trades")))
    .map((trade) => coinbasePrint(trade))
    .reverse();
  const isPast = events.every((event) => fieldOf(event, "type") === "snapshot");
  return { type: "trades", ...sieve.sift(prints, context), isPast };
}

function heartbeat(message: unknown): Frame {
  const symbol = fieldOf(message, "product_id");
  const last = wholeOf(fieldOf(message, "last_trade_id"));
  const time = isoTime(fieldOf(message, "time"));
  return typeof symbol === "string" && last !== undefined && !Number.isNaN(time)
    ? { type: "newest", symbol, newest: { lastOrd: BigInt(last), time } }
    : OTHER;
}

/** All subscribed symbols: the venue answers with the whole list. */
function followed(message: unknown): string[] {
  return listOf(fieldOf(message, "channels"))
    .filter((channel) => fieldOf(channel, "name") === "matches")
    .flatMap((channel) => listOf(fieldOf(channel, "product_ids")))
    .filter((symbol) => typeof symbol === "string");
}

function refusedIn(message: unknown): string[] {
  const reason = fieldOf(message, "reason");
  return typeof reason === "string" ? (reason.match(/\b[A-Z0-9]+-[A-Z0-9]+\b/g) ?? []) : [];
}
