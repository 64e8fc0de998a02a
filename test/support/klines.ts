import { readFileSync } from "node:fs";
import type { Candle } from "../../src/domain/candle.js";

/**
 * The nine fields in which the exchange and Tapeline must agree, decimals without trailing zeros.
 */
export type Nine = Record<
  | "openTime"
  | "open"
  | "high"
  | "low"
  | "close"
  | "volume"
  | "quoteVolume"
  | "trades"
  | "takerBuyVolume"
  | "takerBuyQuoteVolume",
  string
>;

export function nineOf(candle: Candle): Nine {
  const {
    openTime,
    open,
    high,
    low,
    close,
    volume,
    quoteVolume,
    trades,
    takerBuyVolume,
    takerBuyQuoteVolume,
  } = candle;
  return {
    openTime: String(openTime),
    open,
    high,
    low,
    close,
    volume,
    quoteVolume,
    trades: String(trades),
    takerBuyVolume,
    takerBuyQuoteVolume,
  };
}

/** From a CSV of the exchange's klines. */
export function klinesOfCsv(file: string): Nine[] {
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => nineOfRow(line.split(",")));
}

/** From the exchange's REST answer. */
export function klinesOfJson(file: string): Nine[] {
  return (JSON.parse(readFileSync(file, "utf8")) as (string | number)[][]).map((row) =>
    nineOfRow(row.map(String)),
  );
}

/** From a row of the exchange's klines. */
export function nineOfRow(row: readonly string[]): Nine {
  const [
    openTime,
    open,
    high,
    low,
    close,
    volume,
    ,
    quoteVolume,
    trades,
    takerBuyVolume,
    takerBuyQuoteVolume,
  ] = row as readonly [string, ...string[]];
  const decimal = (text: string | undefined): string => plain(text ?? "");
  return {
    openTime,
    open: decimal(open),
    high: decimal(high),
    low: decimal(low),
    close: decimal(close),
    volume: decimal(volume),
    quoteVolume: decimal(quoteVolume),
    trades: trades ?? "",
    takerBuyVolume: decimal(takerBuyVolume),
    takerBuyQuoteVolume: decimal(takerBuyQuoteVolume),
  };
}

function plain(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/0+$/, "").replace(/\.$/, "") : decimal;
}
