/** Integer digits a price or amount may have. */
const MAX_INTEGER_DIGITS = 20;
/** Fraction digits a price or amount may have. */
export const MAX_FRACTION_DIGITS = 18;

const ZERO = 48;
const NINE = 57;
const POINT = 46;

/**
 * The canonical form of an unsigned decimal: no exponent, no leading or trailing zeros ("0.50" →
 * "0.5"). Undefined when the text is not one, or has more than 20 integer or 18 fraction digits.
 */
export function canonical(text: string): string | undefined {
  // Runs for every price and amount: one pass over the characters takes half the time of a pattern.
  const { length } = text;
  let point = -1;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) continue;
    if (code !== POINT || point !== -1) return undefined;
    point = at;
  }
  const integerEnd = point === -1 ? length : point;
  if (integerEnd === 0 || point === length - 1) return undefined;
  let from = 0;
  while (from < integerEnd - 1 && text.charCodeAt(from) === ZERO) from++;
  let to = length;
  if (point !== -1) {
    while (text.charCodeAt(to - 1) === ZERO) to--;
    if (to === point + 1) to = point;
  }
  // −1 without a point.
  const fractionDigits = to - integerEnd - 1;
  if (integerEnd - from > MAX_INTEGER_DIGITS || fractionDigits > MAX_FRACTION_DIGITS)
    return undefined;
  return text.slice(from, to);
}

function stripTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === ZERO) end--;
  return digits.slice(0, end);
}

/**
 * Fraction digits of `Units`: a product of two values of 18 fraction digits each is still exact.
 */
const SCALE = MAX_FRACTION_DIGITS * 2;
const ONE = 10n ** BigInt(SCALE);

/** A decimal as an integer count of 10⁻³⁶: sums and comparisons are exact. */
export type Units = bigint;

/** Throws a RangeError for text that is not a plain decimal of at most 36 fraction digits. */
export function toUnits(text: string): Units {
  const negative = text.startsWith("-");
  const [integer = "", fraction = ""] = (negative ? text.slice(1) : text).split(".");
  if (!/^\d+$/.test(integer) || !/^\d*$/.test(fraction) || fraction.length > SCALE) {
    throw new RangeError(`not a decimal of at most ${SCALE} fraction digits: ${text}`);
  }
  const units = BigInt(integer) * ONE + BigInt(fraction.padEnd(SCALE, "0"));
  return negative ? -units : units;
}

export function fromUnits(units: Units): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(SCALE + 1, "0");
  const fraction = stripTrailingZeros(digits.slice(-SCALE));
  const text = fraction === "" ? digits.slice(0, -SCALE) : `${digits.slice(0, -SCALE)}.${fraction}`;
  return negative ? `-${text}` : text;
}

/**
 * `(now − then) / then` in percent, rounded half away from zero to two digits; undefined when
 * `then` is zero.
 */
export function changePercent(then: Units, now: Units): string | undefined {
  if (then === 0n) return undefined;
  const scaled = ((now - then) * 100_000n) / then;
  const hundredths = (scaled + (scaled < 0n ? -5n : 5n)) / 10n;
  const sign = hundredths < 0n ? "-" : "";
  const digits = (hundredths < 0n ? -hundredths : hundredths).toString().padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
