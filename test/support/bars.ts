import { join } from "node:path";
import { klinesOfJson } from "./klines.js";
import { recordings } from "./recordings.js";
import { random } from "./random.js";

/** Columns of one-minute candles, oldest first, as numbers: only for what is drawn from them. */
export interface BarColumns {
  openTime: number[];
  close: number[];
  volume: number[];
  quoteVolume: number[];
}

/** 500 recorded minutes of one UTC day where this machine has them, else made ones. */
export function barColumns(): BarColumns {
  const folder = recordings();
  if (folder === undefined) return madeBars();
  const bars = klinesOfJson(join(folder, "binance-rest", "candlestick1m.json"));
  const column = (name: keyof (typeof bars)[number]): number[] =>
    bars.map((bar) => Number(bar[name]));
  return {
    openTime: column("openTime"),
    close: column("close"),
    volume: column("volume"),
    quoteVolume: column("quoteVolume"),
  };
}

/** A walk of 500 minutes that crosses 00:00 UTC. */
export function madeBars(): BarColumns {
  const next = random(11);
  const bars: BarColumns = {
    openTime: [],
    close: [],
    volume: [],
    quoteVolume: [],
  };
  let price = 10_700;
  for (let minute = 0; minute < 500; minute++) {
    price *= 1 + (next() - 0.5) / 500;
    const volume = 0.1 + 30 * next();
    bars.openTime.push(1_601_150_400_000 + 74_400_000 + minute * 60_000);
    bars.close.push(Math.round(price * 100) / 100);
    bars.volume.push(volume);
    bars.quoteVolume.push(volume * price * (1 + (next() - 0.5) / 1_000));
  }
  return bars;
}
