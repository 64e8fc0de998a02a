/** `gain` and `loss` are Wilder's averages, which the next step needs. */
export interface Strength {
  rsi: number[];
  gain: number[];
  loss: number[];
}

/**
 * Relative strength index with Wilder's smoothing, 0–100; NaN for the first `period` values, since
 * `period` changes need one value more. 100 when nothing fell.
 */
export function rsi(
  values: readonly number[],
  period: number,
  out: Strength = { rsi: [], gain: [], loss: [] },
  from = 0,
): Strength {
  for (const column of [out.rsi, out.gain, out.loss])
    column.length = Math.min(column.length, values.length);
  for (let at = from; at < values.length; at++) {
    out.gain[at] = averageOf(values, at, period, out.gain, 1);
    out.loss[at] = averageOf(values, at, period, out.loss, -1);
    out.rsi[at] = indexOf(out.gain[at] ?? NaN, out.loss[at] ?? NaN);
  }
  return out;
}

function averageOf(
  values: readonly number[],
  at: number,
  period: number,
  averages: readonly number[],
  direction: 1 | -1,
): number {
  if (at < period) return NaN;
  if (at > period) {
    const before = averages[at - 1] ?? NaN;
    return (before * (period - 1) + Math.max(0, direction * change(values, at))) / period;
  }
  let sum = 0;
  for (let each = 1; each <= period; each++) sum += Math.max(0, direction * change(values, each));
  return sum / period;
}

function change(values: readonly number[], at: number): number {
  return (values[at] ?? NaN) - (values[at - 1] ?? NaN);
}

function indexOf(gain: number, loss: number): number {
  return loss === 0 ? 100 : 100 - 100 / (1 + gain / loss);
}
