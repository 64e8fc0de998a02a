import type { Candle } from "../domain/candle.js";
import type { Trade } from "../domain/trade.js";

/** Columns in order; both lists name every field of their type. */
export const CANDLE_COLUMNS = [
  "market",
  "interval",
  "openTime",
  "closeTime",
  "open",
  "high",
  "low",
  "close",
  "volume",
  "quoteVolume",
  "takerBuyVolume",
  "takerBuyQuoteVolume",
  "trades",
  "firstTradeId",
  "lastTradeId",
  "closed",
  "version",
  "revision",
  "complete",
] as const satisfies readonly (keyof Candle)[];

export const TRADE_COLUMNS = [
  "market",
  "id",
  "ord",
  "ids",
  "kind",
  "count",
  "price",
  "amount",
  "takerSide",
  "time",
  "receivedAt",
  "source",
  "offBook",
] as const satisfies readonly (keyof Trade)[];

/** A header and one line a row (RFC 4180); null is an empty cell, decimals are written as they are. */
export function csvOf<R extends object>(
  columns: readonly (keyof R & string)[],
  rows: readonly R[],
): string {
  const lines = [columns.join(",")];
  for (const row of rows)
    lines.push(columns.map((column) => cell(row[column])).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Whether an Accept header prefers CSV to JSON. */
export function wantsCsv(accept: string | undefined): boolean {
  let [csv, json] = [0, 0];
  for (const range of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = range
      .split(";")
      .map((part) => part.trim().toLowerCase());
    const weight = Number(
      /^q=([\d.]+)$/.exec(
        parameters.find((parameter) => parameter.startsWith("q=")) ?? "q=1",
      )?.[1] ?? 0,
    );
    if (type === "text/csv") csv = Math.max(csv, weight);
    if (
      type === "application/json" ||
      type === "application/*" ||
      type === "*/*"
    )
      json = Math.max(json, weight);
  }
  // A specific type wins over a wildcard of the same weight: "text/csv, */*" asks for CSV.
  return (
    csv > 0 &&
    csv >= json &&
    !(
      csv === json &&
      (accept ?? "").toLowerCase().trimStart().startsWith("application/json")
    )
  );
}
