import { canonical } from "../../domain/decimal.js";
import type { Answer, Frame, Refused } from "../venue.js";

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Larger exponents are beyond every limit of a price. */
const MAX_ZEROS = 40;

/**
 * Parses JSON and returns every number as its text: some venues write prices as JSON numbers, and
 * ids beyond 2⁵³, which `JSON.parse` would round.
 */
export function parseExact(text: string): Answer<unknown> {
  try {
    const quoted = text.replace(STRING_OR_NUMBER, (token) =>
      token.startsWith('"') ? token : `"${token}"`,
    );
    return { ok: true, value: JSON.parse(quoted) as unknown };
  } catch (error) {
    return { ok: false, reason: "not_json", detail: (error as Error).message };
  }
}

/** The frame of a text that `parseExact` could not read. */
export function unreadable({ reason, detail }: Refused): Frame {
  return { type: "unreadable", reason, detail };
}

/** As `parseExact`, for an element that was parsed by `JSON.parse`. */
export function exactly(element: unknown): unknown {
  const parsed = parseExact(JSON.stringify(element) ?? "null");
  return parsed.ok ? parsed.value : undefined;
}

/**
 * Canonical decimal text of a JSON string or number, exponent or not; undefined for anything else.
 */
export function decimalOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const match = /^(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,3})$/.exec(value);
  if (match === null) return canonical(value);
  const [, integer = "", fraction = "", exponent = ""] = match;
  const shift = Number(exponent);
  if (Math.abs(shift) > MAX_ZEROS) return undefined;
  const zeros = "0".repeat(Math.abs(shift));
  const digits = shift < 0 ? zeros + integer + fraction : integer + fraction + zeros;
  const point = (shift < 0 ? zeros.length : 0) + integer.length + shift;
  return canonical(
    point >= digits.length ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`,
  );
}

/** Whole number of at most 19 digits as text; undefined for anything else. */
export function wholeOf(value: unknown): string | undefined {
  return typeof value === "string" && /^(0|[1-9]\d{0,18})$/.test(value) ? value : undefined;
}

/** A field of a parsed JSON value; undefined where the value has no fields. */
export function fieldOf(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string | number, unknown>)[key]
    : undefined;
}

/** Empty for anything that is not an array. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
