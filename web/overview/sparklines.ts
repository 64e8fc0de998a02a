import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { nextOpenTime } from "../../src/domain/interval.js";
import type { Market } from "../../src/domain/market.js";
import { type ApiError, api } from "../live/api.js";
import type { Line } from "./sparkline-path.js";

/** There is one new point per half hour; `between` adds the newest price. */
const REFRESH_MS = 300_000;
const RETRY_MS = 5_000;

/**
 * The 24 h lines of all markets: fetched at once and then periodically while the overview is shown.
 */
export class Sparklines {
  private readonly lines = new Map<Market, Signal<Line | undefined>>();
  private readonly failure = signal<ApiError | undefined>(undefined);
  private readonly abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    void this.refresh();
  }

  get error(): ReadonlySignal<ApiError | undefined> {
    return this.failure;
  }

  line(market: Market): Signal<Line | undefined> {
    let line = this.lines.get(market);
    if (line === undefined) {
      line = signal<Line | undefined>(undefined);
      this.lines.set(market, line);
    }
    return line;
  }

  async refresh(): Promise<void> {
    clearTimeout(this.timer);
    const { signal } = this.abort;
    try {
      for (const row of await api.sparklines(signal))
        this.line(row.market).value = {
          from: row.openTimes[0] ?? 0,
          // A close is the price at the end of its bucket.
          times: row.openTimes.map((time) => nextOpenTime(row.interval, time)),
          closes: row.closes,
        };
      this.failure.value = undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.failure.value = error as ApiError;
    }
    const wait = this.failure.peek() === undefined ? REFRESH_MS : RETRY_MS;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), wait);
  }

  close(): void {
    this.abort.abort();
    clearTimeout(this.timer);
  }
}
