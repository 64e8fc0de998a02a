import { type Interval, openTimeOf } from "../../domain/interval.js";
import type { Market } from "../../domain/market.js";
import type { Clock } from "../../domain/trade.js";

/** A trade of the last moment of a bucket may be this late by the venue's clock; then the bucket has passed quietly. */
const GRACE_MS = 2_000;

/** Which markets need a clock record: a bucket has ended, and no trade behind its end says so. */
export class QuietClocks {
  /** Exchange time up to which a market's candles are known to be closable. */
  private readonly reached = new Map<Market, number>();

  /** @param interval the shortest that is stored: its boundaries are also those of all others */
  constructor(private readonly interval: Interval) {}

  traded(market: Market, time: number): void {
    if (time > (this.reached.get(market) ?? 0)) this.reached.set(market, time);
  }

  /**
   * Records that are due, each once. `isProven` is false while some wait for a proof: a message, if only a pong, that
   * the venue sent after the boundary shows that the trades before it have come, since a connection keeps its order.
   *
   * @param now the venue's clock  @param lastSign the venue's clock when something came last
   */
  due(
    markets: readonly Market[],
    now: number,
    lastSign: number,
  ): { records: Clock[]; isProven: boolean } {
    const boundary = openTimeOf(this.interval, now - GRACE_MS);
    const quiet = markets.filter(
      (market) => (this.reached.get(market) ?? 0) < boundary,
    );
    if (quiet.length === 0) return { records: [], isProven: true };
    if (lastSign < boundary + GRACE_MS) return { records: [], isProven: false };
    for (const market of quiet) this.reached.set(market, boundary);
    return {
      records: quiet.map((market) => ({ market, clock: boundary })),
      isProven: true,
    };
  }
}
