import { DAY_MS } from "../../src/domain/units.js";

/**
 * Input columns; `quoteVolume` is Σ price × amount, so that the average is the trades', not the
 * candles'.
 */
export interface Turnover {
  openTime: readonly number[];
  volume: readonly number[];
  quoteVolume: readonly number[];
}

/** `volume` and `quoteVolume` are the session's so far. */
export interface SessionAverage {
  vwap: number[];
  volume: number[];
  quoteVolume: number[];
}

/**
 * Volume-weighted average price since 00:00 UTC. NaN without volume, and in a session whose start
 * is not loaded: when the first candle does not open a day, unless `fromTheStart` says that no
 * candle is before it.
 */
export function sessionVwap(
  { openTime, volume, quoteVolume }: Turnover,
  fromTheStart = false,
  out: SessionAverage = { vwap: [], volume: [], quoteVolume: [] },
  from = 0,
): SessionAverage {
  for (const column of [out.vwap, out.volume, out.quoteVolume])
    column.length = Math.min(column.length, openTime.length);
  for (let at = from; at < openTime.length; at++) {
    const time = openTime[at] ?? NaN;
    const goesOn = at > 0 && dayOf(time) === dayOf(openTime[at - 1] ?? NaN);
    const cut = at === 0 && !fromTheStart && time % DAY_MS !== 0;
    const base = goesOn ? (out.volume[at - 1] ?? NaN) : cut ? NaN : 0;
    const quote = goesOn ? (out.quoteVolume[at - 1] ?? NaN) : cut ? NaN : 0;
    out.volume[at] = base + (volume[at] ?? NaN);
    out.quoteVolume[at] = quote + (quoteVolume[at] ?? NaN);
    out.vwap[at] = (out.quoteVolume[at] ?? NaN) / (out.volume[at] ?? NaN);
  }
  return out;
}

function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}
