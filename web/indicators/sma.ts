/**
 * Simple moving average of the newest `period` values; NaN until there are that many. As every
 * function of this folder: fills `out` from index `from` on and expects the values before to be up
 * to date, so that a change of the last candle costs one step. Numbers are for drawing only: the
 * data path keeps decimal text.
 */
export function sma(
  values: readonly number[],
  period: number,
  out: number[] = [],
  from = 0,
): number[] {
  out.length = Math.min(out.length, values.length);
  for (let at = from; at < values.length; at++)
    out[at] = at < period - 1 ? NaN : meanOf(values, at, period);
  return out;
}

/**
 * Mean of the `period` values that end with index `at`. Summed each time: a running sum would
 * accumulate rounding errors.
 */
export function meanOf(values: readonly number[], at: number, period: number): number {
  let sum = 0;
  for (let each = at - period + 1; each <= at; each++) sum += values[each] ?? NaN;
  return sum / period;
}
