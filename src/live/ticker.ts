import type { Candle } from "../domain/candle.js";
import { type Units, changePercent, fromUnits, toUnits } from "../domain/decimal.js";
import type { Market } from "../domain/market.js";
import { MINUTE_MS } from "../domain/units.js";

/** Minute buckets of the window. */
export const WINDOW_MINUTES = 1_440;
/** A window that ended within this is of now, also where a feed has just stopped. */
const STALE_AFTER_MS = MINUTE_MS;
/** Minutes over which `tradesPerMinute` is averaged. */
const RATE_MINUTES = 5;

/**
 * A market's last price and its 24 h figures.
 *
 * The window is the 1,440 one-minute buckets that end with the bucket of the market's newest trade:
 * `openTime` is the first ms of the oldest bucket, `closeTime` the last ms of the newest. It moves
 * by whole minutes and with the market's own time, so that a replayed day has its figures and a
 * quiet market keeps those of its last day. Sums and differences are exact; `changePercent` is
 * rounded half away from zero to two digits.
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
  /**
   * Mean of raw trades over the five minutes before the minute of the newest trade, which has not
   * ended; minutes without a trade count as zero. Over fewer minutes if the market's first one in
   * the window is nearer; if the newest minute is the only one, its trades so far. Two digits.
   */
  tradesPerMinute: number;
  /**
   * True: no trade is missing. False: one of the window's minutes is not complete. Null: for one it
   * cannot be known.
   */
  complete: boolean | null;
  openTime: number;
  closeTime: number;
  /**
   * True: nobody follows the market now, and the window ended more than a minute ago: these are
   * figures of an earlier time.
   */
  stale: boolean;
}

/**
 * Several minutes merged; `Units` only for fields that are compared or added, since parsing is
 * expensive.
 */
export interface Fold {
  open: string;
  high: Units;
  low: Units;
  close: string;
  volume: Units;
  quoteVolume: Units;
  trades: number;
  complete: boolean | null;
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
    complete: minute.complete,
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
    complete:
      earlier.complete === false || later.complete === false
        ? false
        : earlier.complete === null || later.complete === null
          ? null
          : true,
  };
}

/** Open time of the window's oldest bucket, given that of its newest. */
export function windowStart(newest: number): number {
  return newest - (WINDOW_MINUTES - 1) * MINUTE_MS;
}

/**
 * @param oldest open time of the oldest minute that has a trade
 * @param newest open time of the newest one
 * @param tradesAt raw trades of the minute that opens then
 */
export function tradesPerMinute(
  oldest: number,
  newest: number,
  tradesAt: (openTime: number) => number,
): number {
  const minutes = Math.min(RATE_MINUTES, (newest - oldest) / MINUTE_MS);
  if (minutes === 0) return tradesAt(newest);
  let trades = 0;
  for (let back = 1; back <= minutes; back++) trades += tradesAt(newest - back * MINUTE_MS);
  return Math.round((trades / minutes) * 100) / 100;
}

/**
 * @param fold of the whole window
 * @param newest open time of the newest minute that has a trade
 * @param perMinute `tradesPerMinute`
 */
export function tickerOf(
  market: Market,
  fold: Fold,
  newest: number,
  perMinute: number,
  stale: boolean,
): Ticker {
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
    tradesPerMinute: perMinute,
    complete: fold.complete,
    openTime: windowStart(newest),
    closeTime: newest + MINUTE_MS - 1,
    stale,
  };
}

/**
 * Whether a window is of an earlier time.
 *
 * @param newest open time of its newest minute
 * @param followed whether a process follows the market (`isFollowed`)
 * @param now epoch ms
 */
export function isStale(newest: number, followed: boolean, now: number): boolean {
  return !followed && now - (newest + MINUTE_MS) > STALE_AFTER_MS;
}

/**
 * From one market's `1m` candles, ascending; those before the window are ignored. Undefined if
 * there are none.
 */
export function tickerFrom(
  minutes: readonly Candle[],
  followed: boolean,
  now: number,
): Ticker | undefined {
  const newest = minutes.at(-1);
  if (newest === undefined) return undefined;
  const start = windowStart(newest.openTime);
  const inside = minutes.filter(({ openTime }) => openTime >= start);
  let fold: Fold | undefined;
  for (const minute of inside) fold = join(fold, foldOf(minute));
  const oldest = inside[0];
  if (fold === undefined || oldest === undefined) return undefined;
  const trades = new Map(inside.map((it) => [it.openTime, it.trades]));
  const perMinute = tradesPerMinute(
    oldest.openTime,
    newest.openTime,
    (openTime) => trades.get(openTime) ?? 0,
  );
  const stale = isStale(newest.openTime, followed, now);
  return tickerOf(newest.market, fold, newest.openTime, perMinute, stale);
}
