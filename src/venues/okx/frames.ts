import type { TakerSide } from "../../domain/trade.js";
import { fieldOf, listOf, parseExact, unreadable } from "../decode/exact-json.js";
import { millisecondsTime } from "../decode/exchange-time.js";
import type { Print, TradeSieve } from "../decode/trade-sieve.js";
import type { DecodeContext, Frame, Refused } from "../venue.js";

const OTHER: Frame = { type: "other" };
const CHANNELS: ReadonlySet<unknown> = new Set(["trades-all", "trades"]);

/**
 * `trades-all` holds every trade. `trades` did so too until the venue began to merge a taker's
 * fills in it (`count`); a merged trade is refused.
 */
export function decodeOkx(text: string, sieve: TradeSieve, context: DecodeContext): Frame {
  if (text === "pong") return OTHER;
  const parsed = parseExact(text);
  if (!parsed.ok) return unreadable(parsed);
  const message = parsed.value;
  const event = fieldOf(message, "event");
  const arg = fieldOf(message, "arg");
  if (event === "notice") return { type: "shutdown" };
  if (event === "subscribe" || event === "error")
    return {
      type: "answer",
      to: symbolsIn(arg, fieldOf(message, "msg")),
      problem: event === "error" ? text.slice(0, 200) : undefined,
    };
  if (event !== undefined || !CHANNELS.has(fieldOf(arg, "channel"))) return OTHER;
  const elements = listOf(fieldOf(message, "data"));
  const single = elements.filter((trade) => !isMerged(trade));
  const sifted = sieve.sift(
    single.map((trade) => okxPrint(trade)),
    context,
  );
  sifted.refused.push(...elements.filter(isMerged).map(refusedMerged));
  return { type: "trades", ...sifted };
}

/** A trade of the stream or of REST. */
export function okxPrint(trade: unknown): Print {
  return {
    symbol: fieldOf(trade, "instId"),
    id: fieldOf(trade, "tradeId"),
    price: fieldOf(trade, "px"),
    amount: fieldOf(trade, "sz"),
    takerSide: sideOf(fieldOf(trade, "side")),
    time: millisecondsTime(fieldOf(trade, "ts")),
  };
}

function sideOf(side: unknown): TakerSide | undefined {
  return side === "buy" || side === "sell" ? side : undefined;
}

function isMerged(trade: unknown): boolean {
  const count = fieldOf(trade, "count");
  return count !== undefined && count !== "1";
}

function refusedMerged(trade: unknown): Refused {
  return {
    reason: "bad_count",
    detail: `channel trades merges ${String(fieldOf(trade, "count")).slice(0, 20)} trades: record trades-all`,
  };
}

function symbolsIn(arg: unknown, text: unknown): string[] {
  const symbol = fieldOf(arg, "instId");
  if (typeof symbol === "string") return [symbol];
  const named = typeof text === "string" ? /instId:([A-Z0-9-]{1,40})/.exec(text) : null;
  return named?.[1] === undefined ? [] : [named[1]];
}
