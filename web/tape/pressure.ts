import type { Candle } from "../../src/domain/candle.js";
import { fromUnits, toUnits } from "../../src/domain/decimal.js";
import { MINUTE_MS } from "../../src/domain/units.js";

/** Taker volume by side: exact sums in base currency over some minutes. */
export interface Pressure {
  minutes: number;
  buy: string;
  /** All volume not bought by takers. */
  sell: string;
  /** Tenths of a percent of the volume that takers bought; undefined without volume. */
  buyShare: number | undefined;
}

/**
 * Of the newest `minutes` one-minute buckets, by the market's own time: the last is that of its
 * newest trade.
 */
export function pressureOf(candles: readonly Candle[], minutes: number): Pressure {
  const newest = candles.at(-1)?.openTime ?? 0;
  const from = newest - (minutes - 1) * MINUTE_MS;
  let [volume, buy] = [0n, 0n];
  for (let at = candles.length - 1; at >= 0; at--) {
    const candle = candles[at];
    if (candle === undefined || candle.openTime < from) break;
    volume += toUnits(candle.volume);
    buy += toUnits(candle.takerBuyVolume);
  }
  return {
    minutes,
    buy: fromUnits(buy),
    sell: fromUnits(volume - buy),
    buyShare: volume === 0n ? undefined : Number((buy * 2_000n + volume) / (2n * volume)),
  };
}
