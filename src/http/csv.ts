import type { Candle } from "../domain/candle.js";
import type { Difference, ReconciledDay } from "../domain/reconciliation.js";
import type { Trade } from "../domain/trade.js";

/** Columns in order; each list names every field of its type. */
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

export const DAY_COLUMNS = [
  "market",
  "day",
  "compared",
  "matched",
  "incomplete",
  "unjudged",
  "matchRatio",
] as const satisfies readonly (keyof ReconciledDay)[];

/** `fields` as JSON. */
export const DIFFERENCE_COLUMNS = [
  "market",
  "interval",
  "openTime",
  "outcome",
  "fields",
  "state",
  "complete",
  "version",
  "foundAt",
  "comparedAt",
] as const satisfies readonly (keyof Difference)[];

/** A header and one line a row (RFC 4180); null is an empty cell, decimals are written as they are. */
export function csvOf<R extends object>(
  columns: readonly (keyof R & string)[],
  rows: readonly R[],
): string {
  return `${columns.join(",")}\r\n${linesOf(columns, rows)}`;
}

function linesOf<R extends object>(
  columns: readonly (keyof R & string)[],
  rows: readonly R[],
): string {
  let lines = "";
  for (const row of rows)
    lines += `${columns.map((column) => cell(row[column])).join(",")}\r\n`;
  return lines;
}

/**
 * As `csvOf`, of as many pages as there are, until one that is not `full`. The next page is read when the client has
 * taken the one before, so that memory does not grow with the table; ends with whoever reads it.
 *
 * @param next rows behind the given one
 */
export async function* csvOfPages<R extends object>(
  columns: readonly (keyof R & string)[],
  first: readonly R[],
  full: number,
  next: (behind: R) => Promise<readonly R[]>,
): AsyncGenerator<string, void> {
  yield csvOf(columns, first);
  let rows = first;
  for (
    let last = rows.at(-1);
    last !== undefined && rows.length >= full;
    last = rows.at(-1)
  ) {
    rows = await next(last);
    if (rows.length > 0) yield linesOf(columns, rows);
  }
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
