import type { Candle } from "../domain/candle.js";
import {
  type Units,
  changePercent,
  fromUnits,
  toUnits,
} from "../domain/decimal.js";
import type { Market } from "../domain/market.js";

export const MINUTE_MS = 60_000;
/** Minute buckets of the window. */
export const WINDOW_MINUTES = 1_440;

/**
 * A market's last price and its 24 h figures.
 *
 * The window is the 1,440 one-minute buckets that end with the bucket of the market's newest trade: `openTime` is the
 * first ms of the oldest bucket, `closeTime` the last ms of the newest. It moves by whole minutes and with the market's
 * own time, so that a replayed day has its figures and a quiet market keeps those of its last day.
 * Sums and differences are exact; `changePercent` is rounded half away from zero to two digits.
 */
export interface Ticker {
  market: Market;
  /** Price of the newest trade. */
  last: string;
  /** Price of the window's first trade. */
  open: string;
  high: string;
  low: string;
  /** Base currency. */
  volume: string;
  quoteVolume: string;
  /** `last − open`. */
  change: string;
  /** Null when `open` is zero. */
  changePercent: string | null;
  /** Raw trades. */
  trades: number;
  openTime: number;
  closeTime: number;
}

/** Several minutes as one; `Units` only where something is compared or added, since parsing is what costs. */
export interface Fold {
  open: string;
  high: Units;
  low: Units;
  close: string;
  volume: Units;
  quoteVolume: Units;
  trades: number;
}

export function foldOf(minute: Candle): Fold {
  return {
    open: minute.open,
    high: toUnits(minute.high),
    low: toUnits(minute.low),
    close: minute.close,
    volume: toUnits(minute.volume),
    quoteVolume: toUnits(minute.quoteVolume),
    trades: minute.trades,
  };
}

/** `later` follows `earlier` in time. */
export function join(earlier: Fold | undefined, later: Fold): Fold {
  if (earlier === undefined) return later;
  return {
    open: earlier.open,
    high: earlier.high > later.high ? earlier.high : later.high,
    low: earlier.low < later.low ? earlier.low : later.low,
    close: later.close,
    volume: earlier.volume + later.volume,
    quoteVolume: earlier.quoteVolume + later.quoteVolume,
    trades: earlier.trades + later.trades,
  };
}

/** Open time of the window's oldest bucket, given that of its newest. */
export function windowStart(newest: number): number {
  return newest - (WINDOW_MINUTES - 1) * MINUTE_MS;
}

/** @param newest open time of the newest minute that has a trade */
export function tickerOf(market: Market, fold: Fold, newest: number): Ticker {
  const [open, close] = [toUnits(fold.open), toUnits(fold.close)];
  return {
    market,
    last: fold.close,
    open: fold.open,
    high: fromUnits(fold.high),
    low: fromUnits(fold.low),
    volume: fromUnits(fold.volume),
    quoteVolume: fromUnits(fold.quoteVolume),
    change: fromUnits(close - open),
    changePercent: changePercent(open, close) ?? null,
    trades: fold.trades,
    openTime: windowStart(newest),
    closeTime: newest + MINUTE_MS - 1,
  };
}

/** From one market's `1m` candles, ascending; those before the window are left out. Undefined without any. */
export function tickerFrom(minutes: readonly Candle[]): Ticker | undefined {
  const newest = minutes.at(-1);
  if (newest === undefined) return undefined;
  const start = windowStart(newest.openTime);
  let fold: Fold | undefined;
  for (const minute of minutes)
    if (minute.openTime >= start) fold = join(fold, foldOf(minute));
  return fold === undefined
    ? undefined
    : tickerOf(newest.market, fold, newest.openTime);
}
