import { ema } from "./ema.js";

export interface Convergence {
  fast: number[];
  slow: number[];
  macd: number[];
  signal: number[];
  histogram: number[];
}

/**
 * Moving average convergence/divergence, exponential throughout: `macd` = EMA(fast) − EMA(slow),
 * from index `slow − 1` on; `signal` = EMA of that, and `histogram` their difference, from index
 * `slow + signal − 2` on.
 */
export function macd(
  values: readonly number[],
  periods: { fast: number; slow: number; signal: number },
  out: Convergence = {
    fast: [],
    slow: [],
    macd: [],
    signal: [],
    histogram: [],
  },
  from = 0,
): Convergence {
  const first = Math.max(periods.fast, periods.slow) - 1;
  ema(values, periods.fast, out.fast, from);
  ema(values, periods.slow, out.slow, from);
  out.macd.length = Math.min(out.macd.length, values.length);
  for (let at = from; at < values.length; at++)
    out.macd[at] = (out.fast[at] ?? NaN) - (out.slow[at] ?? NaN);
  ema(out.macd, periods.signal, out.signal, from, first);
  out.histogram.length = Math.min(out.histogram.length, values.length);
  for (let at = from; at < values.length; at++)
    out.histogram[at] = (out.macd[at] ?? NaN) - (out.signal[at] ?? NaN);
  return out;
}
