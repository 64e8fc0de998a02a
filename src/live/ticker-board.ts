import type { Candle } from "../domain/candle.js";
import type { Market } from "../domain/market.js";
import {
  type Fold,
  type Ticker,
  WINDOW_MINUTES,
  foldOf,
  isStale,
  join,
  tickerOf,
  tradesPerMinute,
  windowStart,
} from "./ticker.js";

interface Minute {
  version: number;
  fold: Fold;
}

/**
 * The 24 h figures of every market, kept up to date from its `1m` candles. Holds at most 1,440
 * minutes per market (about 0.5 MB). All but the newest minute are folded in advance, so an update
 * of the newest costs one step.
 */
export class TickerBoard {
  private readonly rows = new Map<Market, Row>();
  /** Undefined before it is known: then no ticker is called stale. */
  private followed: ReadonlySet<Market> | undefined;

  constructor(private readonly now: () => number = Date.now) {}

  /** False when the candle changes nothing: an old version, or before the window. */
  put(candle: Candle): boolean {
    let row = this.rows.get(candle.market);
    if (row === undefined) {
      row = new Row(candle.market);
      this.rows.set(candle.market, row);
    }
    return row.put(candle);
  }

  has(market: Market): boolean {
    return this.rows.has(market);
  }

  ticker(market: Market): Ticker | undefined {
    return this.rows.get(market)?.ticker(this.followed?.has(market) ?? true, this.now());
  }

  /**
   * Notes which markets a process follows now. Returns those whose `stale` is another than when it
   * was called last.
   */
  follow(followed: ReadonlySet<Market>): Market[] {
    this.followed = followed;
    const now = this.now();
    return [...this.rows].flatMap(([market, row]) =>
      row.notesStale(followed.has(market), now) ? [market] : [],
    );
  }

  /** Sorted by market. */
  all(): Ticker[] {
    const markets = [...this.rows.keys()].sort();
    return markets.flatMap((market) => this.ticker(market) ?? []);
  }
}

class Row {
  private readonly minutes = new Map<number, Minute>();
  private newest = -1;
  private wasStale: boolean | undefined;
  /**
   * Fold of all but the newest minute; undefined when one of them has changed or the window has
   * moved.
   */
  private base: { fold: Fold | undefined; oldest: number } | undefined;

  constructor(private readonly market: Market) {}

  put(candle: Candle): boolean {
    const { openTime, version } = candle;
    if (this.newest >= 0 && openTime < windowStart(this.newest)) return false;
    const known = this.minutes.get(openTime);
    if (known !== undefined && version <= known.version) return false;
    this.minutes.set(openTime, { version, fold: foldOf(candle) });
    if (openTime !== this.newest) this.base = undefined;
    if (openTime > this.newest) {
      this.newest = openTime;
      if (this.minutes.size > WINDOW_MINUTES) this.dropBefore(windowStart(openTime));
    }
    return true;
  }

  notesStale(followed: boolean, now: number): boolean {
    const stale = isStale(this.newest, followed, now);
    const changed = stale !== this.wasStale;
    this.wasStale = stale;
    return changed;
  }

  ticker(followed: boolean, now: number): Ticker | undefined {
    const last = this.minutes.get(this.newest);
    if (last === undefined) return undefined;
    this.base ??= this.foldBase();
    const { fold, oldest } = this.base;
    const perMinute = tradesPerMinute(
      oldest,
      this.newest,
      (openTime) => this.minutes.get(openTime)?.fold.trades ?? 0,
    );
    const stale = isStale(this.newest, followed, now);
    return tickerOf(this.market, join(fold, last.fold), this.newest, perMinute, stale);
  }

  private foldBase(): { fold: Fold | undefined; oldest: number } {
    const start = windowStart(this.newest);
    this.dropBefore(start);
    const times = [...this.minutes.keys()]
      .filter((time) => time !== this.newest)
      .sort((a, b) => a - b);
    let fold: Fold | undefined;
    for (const time of times) fold = join(fold, (this.minutes.get(time) as Minute).fold);
    return { fold, oldest: times[0] ?? this.newest };
  }

  private dropBefore(start: number): void {
    for (const time of this.minutes.keys()) if (time < start) this.minutes.delete(time);
  }
}
