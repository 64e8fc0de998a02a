import { meanOf } from "./sma.js";

export interface Bands {
  middle: number[];
  upper: number[];
  lower: number[];
}

/**
 * Simple moving average, and `width` standard deviations (of the whole population, as Bollinger
 * does) to both sides.
 */
export function bollinger(
  values: readonly number[],
  period: number,
  width: number,
  out: Bands = { middle: [], upper: [], lower: [] },
  from = 0,
): Bands {
  for (const column of [out.middle, out.upper, out.lower])
    column.length = Math.min(column.length, values.length);
  for (let at = from; at < values.length; at++) {
    const known = at >= period - 1;
    const mean = known ? meanOf(values, at, period) : NaN;
    const reach = known ? width * deviationOf(values, at, period, mean) : NaN;
    out.middle[at] = mean;
    out.upper[at] = mean + reach;
    out.lower[at] = mean - reach;
  }
  return out;
}

function deviationOf(values: readonly number[], at: number, period: number, mean: number): number {
  let squares = 0;
  for (let each = at - period + 1; each <= at; each++)
    squares += ((values[each] ?? NaN) - mean) ** 2;
  return Math.sqrt(squares / period);
}
