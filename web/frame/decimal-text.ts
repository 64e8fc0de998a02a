import { decimalsOf } from "../../src/domain/instrument.js";

/**
 * Decimals for display. They arrive as text and stay text: no price or amount passes through a
 * number here, so that every digit shown is the API's. (Only drawing and statistics convert, and
 * say so.)
 */

/** Plain decimal text, signed or not, taken apart. */
interface Parts {
  negative: boolean;
  integer: string;
  fraction: string;
}

function partsOf(text: string): Parts {
  const negative = text.startsWith("-");
  const [integer = "0", fraction = ""] = (negative ? text.slice(1) : text).split(".");
  return { negative, integer, fraction };
}

function joined({ negative, integer, fraction }: Parts): string {
  const sign = negative ? "−" : "";
  return fraction === "" ? sign + integer : `${sign}${integer}.${fraction}`;
}

export function fractionDigits(text: string): number {
  const point = text.indexOf(".");
  return point === -1 ? 0 : text.length - point - 1;
}

/**
 * Fraction digits of a column: the maximum of its venue's step, if known, and of every text in it.
 */
export function digitsOf(texts: readonly string[], step: string | null | undefined): number {
  return Math.max(decimalsOf(step ?? "1"), ...texts.map(fractionDigits));
}

/**
 * "-1234567.5" → "−1,234,567.50" with `digits` 2: every digit there is, and zeros up to `digits` so
 * that columns align.
 */
export function grouped(text: string, digits = 0): string {
  const parts = partsOf(text);
  return joined({
    ...parts,
    integer: parts.integer.replace(/\B(?=(\d{3})+$)/g, ","),
    fraction: parts.fraction.padEnd(digits, "0"),
  });
}

/** Rounded half away from zero to `digits` fraction digits, which are all written. */
export function rounded(text: string, digits: number): string {
  const { negative, integer, fraction } = partsOf(text);
  const kept = BigInt(integer + fraction.slice(0, digits).padEnd(digits, "0"));
  const up = (fraction[digits] ?? "0") >= "5" ? 1n : 0n;
  const all = (kept + up).toString().padStart(digits + 1, "0");
  const cut = all.length - digits;
  const zero = /^0*$/.test(all);
  return `${negative && !zero ? "-" : ""}${all.slice(0, cut)}${digits > 0 ? "." : ""}${all.slice(cut)}`;
}

const SUFFIXES = ["", "K", "M", "B", "T"] as const;

/** Four digits: "1234567" → "1.235M", "12" → "12.00", "0.00012345" → "0.0001235". */
export function compact(text: string): string {
  const { negative, integer, fraction } = partsOf(text);
  const sign = negative ? "-" : "";
  if (/^0*$/.test(integer)) {
    const zeros = /^0*/.exec(fraction)?.[0].length ?? 0;
    return joined(partsOf(sign + trimmed(rounded(`0.${fraction}`, zeros + 4))));
  }
  const group = Math.min(SUFFIXES.length - 1, Math.floor((integer.length - 1) / 3));
  const whole = integer.length - group * 3;
  const value = `${integer.slice(0, whole)}.${integer.slice(whole)}${fraction}`;
  const short = rounded(value, Math.max(0, 4 - whole));
  // 999.96K rounds up to 1000.0K, which is 1.000M.
  if (partsOf(short).integer.length > 3 && group < SUFFIXES.length - 1)
    return joined(partsOf(`${sign}1.000`)) + SUFFIXES[group + 1];
  return grouped(sign + short) + SUFFIXES[group];
}

function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Below zero when `a` is less than `b`, by value and not by spelling. */
export function compareDecimals(a: string, b: string): number {
  const [x, y] = [partsOf(a), partsOf(b)];
  if (x.negative !== y.negative) {
    const bothZero = isZero(x) && isZero(y);
    return bothZero ? 0 : x.negative ? -1 : 1;
  }
  return x.negative ? compareSizes(y, x) : compareSizes(x, y);
}

function compareSizes(a: Parts, b: Parts): number {
  const [x, y] = [a.integer.replace(/^0+/, ""), b.integer.replace(/^0+/, "")];
  if (x.length !== y.length) return x.length - y.length;
  const digits = Math.max(a.fraction.length, b.fraction.length);
  const [left, right] = [x + a.fraction.padEnd(digits, "0"), y + b.fraction.padEnd(digits, "0")];
  return left < right ? -1 : left > right ? 1 : 0;
}

function isZero({ integer, fraction }: Parts): boolean {
  return /^0*$/.test(integer + fraction);
}

/** −1, 0 or 1. */
export function signOf(text: string): number {
  return Math.sign(compareDecimals(text, "0"));
}
