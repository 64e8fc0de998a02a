import { meanOf } from "./sma.js";

/**
 * Exponential moving average with weight 2 / (period + 1), seeded with the mean of the first
 * `period` values; NaN before. `first` is the index of the first defined value.
 */
export function ema(
  values: readonly number[],
  period: number,
  out: number[] = [],
  from = 0,
  first = 0,
): number[] {
  const weight = 2 / (period + 1);
  const seed = first + period - 1;
  out.length = Math.min(out.length, values.length);
  for (let at = from; at < values.length; at++) {
    if (at < seed) out[at] = NaN;
    else if (at === seed) out[at] = meanOf(values, at, period);
    else {
      const before = out[at - 1] ?? NaN;
      out[at] = before + weight * ((values[at] ?? NaN) - before);
    }
  }
  return out;
}
