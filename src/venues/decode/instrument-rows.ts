import { MAX_FRACTION_DIGITS } from "../../domain/decimal.js";
import type { Instrument, InstrumentKind, InstrumentStatus } from "../../domain/instrument.js";
import { marketOf } from "../../domain/market.js";
import type { Answer } from "../venue.js";
import { decimalOf, parseExact, wholeOf } from "./exact-json.js";

/** A venue's fields of one symbol, as `parseExact` returns them. */
interface InstrumentFields {
  base: unknown;
  quote: unknown;
  kind: InstrumentKind | null;
  /** Undefined or empty where the venue reports none; 0 where it sets no step. */
  tickSize: unknown;
  stepSize: unknown;
  status: InstrumentStatus;
}

/** Reads the rows of a venue's answer. */
export interface InstrumentRows {
  venue: string;
  /** Undefined for a body without rows, such as an error. */
  rowsOf(body: unknown): readonly unknown[] | undefined;
  /** The symbol as spelled in market names. */
  symbolOf(row: unknown): unknown;
  fieldsOf(row: unknown): InstrumentFields;
}

/**
 * The instruments of these symbols in a body; other symbols are ignored. One unreadable row makes
 * the whole answer an error.
 */
export function instrumentsIn(
  body: string,
  symbols: readonly string[],
  form: InstrumentRows,
): Answer<Instrument[]> {
  const parsed = parseExact(body);
  if (!parsed.ok) return parsed;
  const rows = form.rowsOf(parsed.value);
  if (rows === undefined) return { ok: false, reason: "not_an_answer", detail: body.slice(0, 200) };
  const wanted = new Set<unknown>(symbols);
  const instruments: Instrument[] = [];
  for (const row of rows) {
    const symbol = form.symbolOf(row);
    // Only the first row of a symbol counts.
    if (typeof symbol !== "string" || !wanted.delete(symbol)) continue;
    const instrument = instrumentOf(marketOf(form.venue, symbol), form.fieldsOf(row));
    if (instrument === undefined) {
      const detail = JSON.stringify(row)?.slice(0, 200) ?? "nothing";
      return { ok: false, reason: "bad_instrument", detail };
    }
    instruments.push(instrument);
  }
  return { ok: true, value: instruments };
}

function instrumentOf(
  market: string,
  { base, quote, kind, status, ...sizes }: InstrumentFields,
): Instrument | undefined {
  const tickSize = sizeOf(sizes.tickSize);
  const stepSize = sizeOf(sizes.stepSize);
  if (!isAsset(base) || !isAsset(quote) || tickSize === undefined || stepSize === undefined)
    return undefined;
  return { market, base, quote, kind, tickSize, stepSize, status };
}

function isAsset(value: unknown): value is string {
  return typeof value === "string" && /^[^\s\p{C}]{1,40}$/u.test(value);
}

/** Null for no step, undefined for a value that cannot be one. */
function sizeOf(value: unknown): string | null | undefined {
  if (value === undefined || value === null || value === "") return null;
  const size = decimalOf(value);
  return size === "0" ? null : size;
}

/**
 * The step of a number of fraction digits ("2" → "0.01"), for venues that report digits instead of
 * a step. An invalid number gives a text that is no step, so that its row is an error.
 */
export function stepOfDigits(digits: unknown): string | undefined {
  if (digits === undefined) return undefined;
  const whole = wholeOf(digits);
  if (whole === undefined || Number(whole) > MAX_FRACTION_DIGITS) return "?";
  return whole === "0" ? "1" : `0.${"1".padStart(Number(whole), "0")}`;
}

/** Our status for a venue's. */
export function statusIn(
  words: Readonly<Record<string, InstrumentStatus>>,
  word: unknown,
): InstrumentStatus {
  return typeof word === "string" && Object.hasOwn(words, word)
    ? (words[word] ?? "unknown")
    : "unknown";
}
