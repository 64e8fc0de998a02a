import type { Trade } from "../../src/domain/trade.js";
import { serverNow } from "./server-clock.js";

/** The fastest trade of the last one to two windows counts, since clocks drift and are set. */
const WINDOW_MS = 60_000;
/** Only these sources deliver trades as they happen. */
const LIVE: ReadonlySet<Trade["source"]> = new Set(["live", "simulated"]);

/**
 * The exchange's time, estimated from its trades: the fastest arrive within milliseconds of
 * execution. Before the first trade it is the server's time.
 */
export class ExchangeClock {
  private ahead = -Infinity;
  private aheadBefore = -Infinity;
  private since = -Infinity;

  /** @param own epoch ms of this computer's clock */
  constructor(private readonly own: () => number = Date.now) {}

  /** To be called with trades that have just arrived. */
  note(trades: readonly Trade[]): void {
    const now = this.own();
    for (const { source, time } of trades) {
      if (!LIVE.has(source)) continue;
      if (Math.abs(now - this.since) > WINDOW_MS) {
        this.aheadBefore = this.ahead;
        this.ahead = -Infinity;
        this.since = now;
      }
      this.ahead = Math.max(this.ahead, time - now);
    }
  }

  /** Epoch ms. */
  now(): number {
    const ahead = Math.max(this.ahead, this.aheadBefore);
    return ahead === -Infinity ? serverNow() : this.own() + ahead;
  }
}
