import { DAY_MS } from "../../src/domain/units.js";

/** Calendar days, since the markets never close. */
const YEAR_MS = 365 * DAY_MS;

/**
 * Standard deviation of the closes' logarithmic changes, scaled to a year by the root of time; 0.5
 * is 50 % a year. The unit is the mean distance of `times` (epoch ms, ascending), so that minutes
 * without a trade do not distort it. NaN with fewer than two changes.
 */
export function annualisedVolatility(closes: readonly number[], times: readonly number[]): number {
  const changes: number[] = [];
  for (let at = 1; at < closes.length; at++)
    changes.push(Math.log((closes[at] ?? NaN) / (closes[at - 1] ?? NaN)));
  if (changes.length < 2) return NaN;
  const mean = sumOf(changes) / changes.length;
  const variance = sumOf(changes.map((change) => (change - mean) ** 2)) / changes.length;
  const step = ((times.at(-1) ?? NaN) - (times[0] ?? NaN)) / changes.length;
  return Math.sqrt((variance * YEAR_MS) / step);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
