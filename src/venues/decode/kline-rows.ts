import type { Answer, Kline } from "../venue.js";
import { decimalOf, fieldOf, listOf, parseExact, wholeOf } from "./exact-json.js";

/** Where a venue keeps each field of a candle: the index in an array or the key in an object. */
export interface KlineColumns {
  openTime: number | string;
  /** 1,000 where the open time is in seconds. */
  unitMs: 1 | 1_000;
  open: number | string;
  high: number | string;
  low: number | string;
  close: number | string;
  volume: number | string;
  quoteVolume?: number;
  trades?: number;
  takerBuyVolume?: number;
  takerBuyQuoteVolume?: number;
}

/** As `klinesOf`, from the text of a body in which `rowsOf` finds the rows. */
export function klinesIn(
  body: string,
  rowsOf: (value: unknown) => unknown,
  columns: KlineColumns,
  start: number,
  end: number,
): Answer<Kline[]> {
  const parsed = parseExact(body);
  if (!parsed.ok) return parsed;
  const rows = rowsOf(parsed.value);
  // What the venue says instead is for a person: its error, mostly.
  if (!Array.isArray(rows)) return { ok: false, reason: "no_rows", detail: body.slice(0, 200) };
  return klinesOf(rows, columns, start, end);
}

/**
 * Candles that open in `start … end` (epoch ms, end exclusive), ascending, from rows in any order.
 * One unreadable row makes the whole answer an error.
 */
export function klinesOf(
  rows: unknown,
  columns: KlineColumns,
  start: number,
  end: number,
): Answer<Kline[]> {
  if (!Array.isArray(rows)) return refusal("no_rows", rows);
  const klines: Kline[] = [];
  for (const row of listOf(rows)) {
    const kline = klineOf(row, columns);
    if (kline === undefined) return refusal("bad_kline", row);
    if (kline.openTime >= start && kline.openTime < end) klines.push(kline);
  }
  return {
    ok: true,
    value: klines.sort((a, b) => a.openTime - b.openTime),
  };
}

function klineOf(row: unknown, columns: KlineColumns): Kline | undefined {
  const decimal = (column: number | string): string | undefined => decimalOf(fieldOf(row, column));
  const optional = (column: number | undefined): string | null | undefined =>
    column === undefined ? null : decimal(column);
  const at = wholeOf(fieldOf(row, columns.openTime));
  const [open, high, low, close, volume] = [
    decimal(columns.open),
    decimal(columns.high),
    decimal(columns.low),
    decimal(columns.close),
    decimal(columns.volume),
  ];
  const quoteVolume = optional(columns.quoteVolume);
  const trades = optional(columns.trades);
  const takerBuyVolume = optional(columns.takerBuyVolume);
  const takerBuyQuoteVolume = optional(columns.takerBuyQuoteVolume);
  if (
    at === undefined ||
    open === undefined ||
    high === undefined ||
    low === undefined ||
    close === undefined ||
    volume === undefined ||
    quoteVolume === undefined ||
    trades === undefined ||
    takerBuyVolume === undefined ||
    takerBuyQuoteVolume === undefined
  )
    return undefined;
  return {
    openTime: Number(at) * columns.unitMs,
    open,
    high,
    low,
    close,
    volume,
    quoteVolume,
    trades: trades === null ? null : Number(trades),
    takerBuyVolume,
    takerBuyQuoteVolume,
  };
}

function refusal(reason: string, value: unknown): Answer<Kline[]> {
  const detail = JSON.stringify(value)?.slice(0, 200) ?? "nothing";
  return { ok: false, reason, detail };
}
