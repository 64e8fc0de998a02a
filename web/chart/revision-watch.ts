import { type ReadonlySignal, signal } from "@preact/signals";
import type { Interval } from "../../src/domain/interval.js";
import type { Market } from "../../src/domain/market.js";
import type { RevisedCandle } from "../../src/persistence/stores/candles/revised-candle-store.js";
import { get, pathOf } from "../live/api.js";
import { PacedRead } from "../live/paced-read.js";

const PAGE = 1_000;
/** Minimum time between reads, however many candles are revised. */
const MIN_INTERVAL_MS = 2_000;
/**
 * Without `backfill` and `replay`: loading history revises every candle it makes, and none was
 * published before.
 */
const REASONS = "late,repair,posted";

/**
 * Candles of a market that were revised after they may have been read; reloaded whenever one is
 * revised.
 */
export class RevisionWatch {
  private readonly held = signal<ReadonlySet<number>>(new Set());
  private readonly reading = new PacedRead(MIN_INTERVAL_MS, (abort) => this.read(abort));
  private from = Infinity;

  constructor(
    private readonly market: Market,
    private readonly interval: Interval,
  ) {}

  /** Open times. */
  get revised(): ReadonlySignal<ReadonlySet<number>> {
    return this.held;
  }

  /** To be called when candles from this open time on were revised. */
  changed(from: number): void {
    this.from = Math.min(this.from, from);
    this.reading.changed();
  }

  close(): void {
    this.reading.close();
  }

  private async read(abort: AbortSignal): Promise<void> {
    let start = this.from;
    this.from = Infinity;
    const found = new Set(this.held.peek());
    try {
      let page: RevisedCandle[];
      do {
        page = await get<RevisedCandle[]>(
          pathOf(this.market, "revisions"),
          { interval: this.interval, reasons: REASONS, start, limit: PAGE },
          abort,
        );
        for (const { openTime } of page) found.add(openTime);
        start = (page.at(-1)?.openTime ?? start) + 1;
      } while (page.length === PAGE);
      if (found.size > this.held.peek().size) this.held.value = found;
    } catch {
      // The next revision, or the next load of candles, retries from here on.
      this.from = Math.min(this.from, start);
    }
  }
}
