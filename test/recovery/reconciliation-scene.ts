import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@nestjs/common";
import type { Difference } from "../../src/domain/reconciliation.js";
import type { Trade } from "../../src/domain/trade.js";
import { until } from "../support/app.js";
import { BINANCE } from "../support/exchange/kline-rest.js";
import { aggregates } from "./made-aggregates.js";
import { type Bench, KlineVenue, openBench } from "./reconciliation-under-test.js";

export const MARKET = "binance:BTCUSDT";
export const FEEDS = { feeds: MARKET };
export const MINUTE = 60_000;
export const MINUTES = 30;

/** A quiet log for the suite that calls this. */
export function quietLog(): void {
  beforeAll(() => void Logger.overrideLogger(false));
  afterAll(() => void Logger.overrideLogger(["log", "error", "warn"]));
}

/** Half an hour of one Binance market, an hour ago, and the venue that served it. */
export class ReconciliationScene {
  private constructor(
    readonly bench: Bench,
    readonly venue: KlineVenue,
    /** The minute in which the market's first trade is. */
    public first: number,
  ) {}

  static async open(): Promise<ReconciliationScene> {
    const thisMinute = Date.now() - (Date.now() % MINUTE);
    return new ReconciliationScene(
      await openBench(),
      await KlineVenue.start(BINANCE),
      thisMinute - (MINUTES + 40) * MINUTE,
    );
  }

  async close(): Promise<void> {
    await this.bench.close();
    await this.venue.close();
  }

  madeTrades(minutes = MINUTES, perMinute = 5): Trade[] {
    return aggregates(MARKET, this.first, minutes, perMinute);
  }

  closing(minutes = MINUTES): { market: string; clock: number } {
    return { market: MARKET, clock: this.first + minutes * MINUTE };
  }

  minuteOf(index: number): number {
    return this.first + index * MINUTE;
  }

  async compared(count = MINUTES): Promise<void> {
    await until(
      async () => (await this.bench.day(MARKET)).compared === count,
      20_000,
      () => `after ${this.venue.klineRequests} requests`,
    );
  }

  /** Whether no request comes for some runs, once changes are too old to be seen late. */
  async rests(): Promise<boolean> {
    await sleep(700);
    const before = this.venue.requests.length;
    await sleep(500);
    return this.venue.requests.length === before;
  }

  differences(): Promise<Difference[]> {
    return this.bench.results.differences({
      market: MARKET,
      interval: "1m",
      limit: 1_000,
    });
  }
}
