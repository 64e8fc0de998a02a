import Negotiator from "negotiator";
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

/**
 * A header and one line a row (RFC 4180); null is an empty cell, decimals are written as they are.
 */
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
  for (const row of rows) lines += `${columns.map((column) => cell(row[column])).join(",")}\r\n`;
  return lines;
}

/**
 * As `csvOf`, over several pages, until one has fewer than `full` rows. Each page is read only when
 * the client has taken the previous one, so that memory does not grow with the table. Stops when
 * the consumer does.
 *
 * @param next rows after the given one
 */
export async function* csvOfPages<R extends object>(
  columns: readonly (keyof R & string)[],
  first: readonly R[],
  full: number,
  next: (after: R) => Promise<readonly R[]>,
): AsyncGenerator<string, void> {
  yield csvOf(columns, first);
  let rows = first;
  for (let last = rows.at(-1); last !== undefined && rows.length >= full; last = rows.at(-1)) {
    rows = await next(last);
    if (rows.length > 0) yield linesOf(columns, rows);
  }
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const JSON_RANGES = ["application/json", "application/*", "*/*"];

/**
 * Whether a client prefers CSV to JSON: its Accept header ranks `text/csv` above every range that
 * matches JSON, by weight (`q`), then by position. Other parameters and types that Tapeline does
 * not serve are ignored.
 */
export function wantsCsv(accept: string | undefined): boolean {
  const headers = accept === undefined ? {} : { accept };
  const preferred = new Negotiator({ headers })
    .mediaTypes()
    .map((type) => type.toLowerCase())
    .find((type) => type === "text/csv" || JSON_RANGES.includes(type));
  return preferred === "text/csv";
}
