import { type ReadonlySignal, type Signal, batch, signal } from "@preact/signals";
import type { Market } from "../../src/domain/market.js";
import type { Ticker } from "../../src/live/ticker.js";
import type { Feed } from "./feed.js";

/** Calls back before the next browser frame; returns a function that cancels. */
export type Schedule = (work: () => void) => () => void;

export const nextFrame: Schedule = (work) => {
  const id = requestAnimationFrame(work);
  return () => cancelAnimationFrame(id);
};

/**
 * Newest ticker of every market, from the `tickers` channel: one signal each, changed at most once
 * per browser frame.
 */
export class Markets {
  private readonly tickers = new Map<Market, Signal<Ticker>>();
  private readonly sorted = signal<readonly Market[]>([]);
  private readonly current = signal(false);
  private readonly received = signal<number | undefined>(undefined);
  private readonly waiting = new Map<Market, Ticker>();
  private cancel: (() => void) | undefined;
  private epoch: string | undefined;
  private readonly stop: () => void;

  constructor(
    feed: Feed,
    private readonly schedule: Schedule = nextFrame,
  ) {
    this.stop = feed.follow(
      { channel: "tickers" },
      {
        snapshot: (rows, { epoch }) => this.snapshot(rows, epoch),
        frame: (rows) => this.frame(rows),
        stale: () => this.stale(),
      },
    );
  }

  /** Names in order. */
  get names(): ReadonlySignal<readonly Market[]> {
    return this.sorted;
  }

  /** False while the tickers may be out of date. */
  get fresh(): ReadonlySignal<boolean> {
    return this.current;
  }

  /** When the last ticker arrived, epoch ms of this browser's clock. */
  get receivedAt(): ReadonlySignal<number | undefined> {
    return this.received;
  }

  /** Undefined for a market without a trade; `names` changes when it gets one. */
  ticker(market: Market): ReadonlySignal<Ticker> | undefined {
    return this.tickers.get(market);
  }

  close(): void {
    this.stop();
    this.cancel?.();
  }

  /** Drops tickers of the old connection, which must not win over the next snapshot. */
  private stale(): void {
    this.cancel?.();
    this.apply();
    this.current.value = false;
  }

  /**
   * Another process may have fewer or other markets: rows are compared by age only within an epoch.
   */
  private snapshot(rows: readonly Ticker[], epoch: string): void {
    const known = this.epoch === epoch;
    this.epoch = epoch;
    const kept = new Set(rows.map(({ market }) => market));
    for (const market of this.waiting.keys()) kept.add(market);
    batch(() => {
      for (const ticker of rows) {
        const { market } = ticker;
        const held = known ? this.tickers.get(market)?.peek() : undefined;
        const newest = this.waiting.get(market) ?? held;
        if (newest === undefined || !isBehind(ticker, newest)) {
          this.waiting.delete(market);
          this.put(ticker);
        }
      }
      for (const market of this.tickers.keys()) if (!kept.has(market)) this.tickers.delete(market);
      this.apply();
      this.list();
      this.current.value = true;
      this.received.value = Date.now();
    });
  }

  private frame(rows: readonly Ticker[]): void {
    for (const ticker of rows) this.waiting.set(ticker.market, ticker);
    this.cancel ??= this.schedule(() => this.apply());
  }

  private apply(): void {
    this.cancel = undefined;
    if (this.waiting.size === 0) return;
    batch(() => {
      for (const ticker of this.waiting.values()) this.put(ticker);
      this.list();
      this.received.value = Date.now();
    });
    this.waiting.clear();
  }

  private put(ticker: Ticker): void {
    const known = this.tickers.get(ticker.market);
    if (known === undefined) this.tickers.set(ticker.market, signal(ticker));
    else known.value = ticker;
  }

  private list(): void {
    const names = [...this.tickers.keys()];
    const before = this.sorted.peek();
    const same = names.length === before.length && before.every((name) => this.tickers.has(name));
    if (!same) this.sorted.value = names.sort();
  }
}

/** Within one window trades are only ever added, so that their count orders its states. */
export function isBehind(ticker: Ticker, other: Ticker): boolean {
  return ticker.closeTime === other.closeTime
    ? ticker.trades < other.trades
    : ticker.closeTime < other.closeTime;
}
