/** 9999-12-31T23:59:59.999Z. */
const MAX_TIME = 253_402_300_799_999;
/** Smaller numbers are ms of 1970 or, from 1973 to 5138, epoch seconds. */
const MIN_SECONDS = 1e8;
const MIN_MILLISECONDS = 1e11;
/** Greater ones are µs from 1973 on, or ns. */
const MIN_MICROSECONDS = 1e14;
const MIN_NANOSECONDS = 1e17;

// The offset's plus may arrive as a space: that is what an unescaped "+" means in a query.
const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)(Z|[ +-]\d{2}:?\d{2})?)?$/;

/** A time that a person wrote: epoch ms, or a hint at what else it seems to be. */
export type TimeText = { time: number } | { hint: string | undefined };

/**
 * Reads `1723161600000`, `2024-08-09`, `2024-08-09T00:00Z` or `2024-08-09T02:00:00.5+02:00`; UTC
 * without an offset. A day that the calendar does not have, and epoch seconds, µs or ns, are none.
 */
export function readTime(text: string): TimeText {
  const day = /^((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.exec(text);
  if (day !== null) return { hint: `as a day write ${day.slice(1).join("-")}` };
  if (/^\d{1,21}$/.test(text)) return readNumber(Number(text));
  const match = ISO.exec(text);
  if (match === null) return { hint: undefined };
  const [, date, time = "00:00", zone = "Z"] = match;
  // Date.parse reads 30 February as 1 March.
  const midnight = Date.parse(`${date}T00:00Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(`${date}T`))
    return { hint: "the calendar has no such day" };
  const offset = zone.replace(" ", "+").replace(/^([+-]\d{2})(\d{2})$/, "$1:$2");
  const at = Date.parse(`${date}T${time.replace(",", ".")}${offset}`);
  return Number.isNaN(at) || at < 0 || at > MAX_TIME ? { hint: undefined } : { time: at };
}

/** The same of a number. */
export function readNumber(value: number): TimeText {
  if (!Number.isInteger(value) || value < 0) return { hint: undefined };
  const inMs = (ms: number, unit: string): TimeText => ({
    hint: `that looks like ${unit}: in ms it is ${Math.floor(ms)}`,
  });
  if (value >= MIN_NANOSECONDS) return inMs(value / 1e6, "ns");
  if (value >= MIN_MICROSECONDS) return inMs(value / 1e3, "µs");
  if (value >= MIN_SECONDS && value < MIN_MILLISECONDS) return inMs(value * 1e3, "epoch seconds");
  return { time: value };
}

/** Epoch ms, or undefined. */
export function timeOf(text: string): number | undefined {
  const read = readTime(text);
  return "time" in read ? read.time : undefined;
}

/** What a time must be, and what this one seems to be instead. */
export function timeFault(rule: string, value: unknown): string {
  const read = typeof value === "number" ? readNumber(value) : readTime(String(value));
  return "hint" in read && read.hint !== undefined ? `${rule}; ${read.hint}` : rule;
}
