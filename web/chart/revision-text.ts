import type { Candle } from "../../src/domain/candle.js";
import type { TradedField } from "../../src/domain/revision.js";
import { grouped } from "../frame/decimal-text.js";

/** Names for people of the fields that trades change. */
export const FIELD_NAMES: Record<TradedField, string> = {
  open: "open",
  high: "high",
  low: "low",
  close: "close",
  volume: "volume",
  quoteVolume: "quote volume",
  takerBuyVolume: "taker buy volume",
  takerBuyQuoteVolume: "taker buy quote volume",
  trades: "trades",
  firstTradeId: "first id",
  lastTradeId: "last id",
};

/** Fields of the tooltip beside the pointer. */
const POINTED = [
  "open",
  "high",
  "low",
  "close",
  "volume",
  "quoteVolume",
  "takerBuyVolume",
  "trades",
] as const satisfies TradedField[];

/**
 * How often a candle has changed since it closed, why, and what differs.
 * @param before the candle as it closed, if this page has received it
 * @param marked whether trades were late or missing; loading history alone is not marked
 */
export function revisionLines(
  candle: Candle,
  before: Candle | undefined,
  marked: boolean,
): string[] {
  if (candle.revision === 0) return [];
  if (!marked)
    return [
      "Made from history that was loaded after its end. Double-click, or press Enter, for when.",
    ];
  const times = candle.revision === 1 ? "once" : `${candle.revision} times`;
  const head = `Revised ${times} after closing: trades came later. Click, or press Enter, for when and why.`;
  if (before === undefined) return [head, "Its earlier values are older than this page's view."];
  const change = (name: string, field: keyof Candle): string[] => {
    const [then, now] = [before, candle].map((each) => shown(each[field]));
    return then === now ? [] : [`${name}: ${then} → ${now}`];
  };
  return [
    head,
    ...POINTED.flatMap((field) => change(FIELD_NAMES[field], field)),
    ...change("complete", "complete"),
  ];
}

function shown(value: string | number | boolean | null): string {
  if (value === null) return "unknown";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return grouped(String(value));
}
