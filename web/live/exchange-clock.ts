import type { Trade } from "../../src/domain/trade.js";
import { serverNow } from "./server-clock.js";

/** Of what came within one to two of these, the quickest counts: clocks drift, and are set. */
const WINDOW_MS = 60_000;
/** Only these come as they happen. */
const LIVE: ReadonlySet<Trade["source"]> = new Set(["live", "simulated"]);

/**
 * The exchange's time, by the trades it sends: the quickest of them are here within a moment of being made. Before the
 * first one it is the server's time.
 */
export class ExchangeClock {
  private ahead = -Infinity;
  private aheadBefore = -Infinity;
  private since = -Infinity;

  /** @param own epoch ms of this computer's clock */
  constructor(private readonly own: () => number = Date.now) {}

  /** Trades that have just come. */
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
