import type { TakerSide } from "../../domain/trade.js";
import { fieldOf, parseExact, unreadable } from "../decode/exact-json.js";
import { microsecondsTime, secondsTime } from "../decode/exchange-time.js";
import type { Print, TradeSieve } from "../decode/trade-sieve.js";
import type { DecodeContext, Frame } from "../venue.js";

const OTHER: Frame = { type: "other" };
export const LIVE_TRADES = "live_trades_";

/** The symbol of a message is in its channel's name. */
export function decodeBitstamp(text: string, sieve: TradeSieve, context: DecodeContext): Frame {
  const parsed = parseExact(text);
  if (!parsed.ok) return unreadable(parsed);
  const message = parsed.value;
  const channel = fieldOf(message, "channel");
  const symbol =
    typeof channel === "string" && channel.startsWith(LIVE_TRADES)
      ? channel.slice(LIVE_TRADES.length)
      : undefined;
  const to = symbol === undefined ? [] : [symbol];
  switch (fieldOf(message, "event")) {
    case "trade":
      if (symbol === undefined) return OTHER;
      return {
        type: "trades",
        ...sieve.sift([streamPrint(fieldOf(message, "data"), symbol)], context),
      };
    case "bts:subscription_succeeded":
      return { type: "answer", to, problem: undefined };
    case "bts:error":
      return { type: "answer", to, problem: text.slice(0, 200) };
    case "bts:request_reconnect":
      return { type: "shutdown" };
    default:
      return OTHER;
  }
}

function streamPrint(trade: unknown, symbol: string): Print {
  return {
    symbol,
    id: fieldOf(trade, "id"),
    price: fieldOf(trade, "price_str"),
    amount: fieldOf(trade, "amount_str"),
    takerSide: sideOf(fieldOf(trade, "type")),
    time: microsecondsTime(fieldOf(trade, "microtimestamp")),
  };
}

/** REST reports whole seconds: enough to find a trade, not to store it. */
export function bitstampPrint(trade: unknown, symbol: string): Print {
  return {
    symbol,
    id: fieldOf(trade, "tid"),
    price: fieldOf(trade, "price"),
    amount: fieldOf(trade, "amount"),
    takerSide: sideOf(fieldOf(trade, "type")),
    time: secondsTime(fieldOf(trade, "date")),
  };
}

function sideOf(type: unknown): TakerSide | undefined {
  if (type === "0") return "buy";
  return type === "1" ? "sell" : undefined;
}
