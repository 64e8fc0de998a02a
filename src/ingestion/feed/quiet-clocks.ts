import { type Interval, openTimeOf } from "../../domain/interval.js";
import type { Market } from "../../domain/market.js";
import type { Clock, Trade } from "../../domain/trade.js";

/**
 * A trade may arrive this long after its bucket's end, by the venue's clock; then the bucket had
 * none.
 */
const GRACE_MS = 2_000;

type Message = Pick<Trade, "id" | "time" | "receivedAt">;

/** Finds the markets that need a clock record: a bucket has ended, and no later trade proves it. */
export class QuietClocks {
  /** Exchange time up to which a market's candles can be closed. */
  private readonly reached = new Map<Market, number>();
  /** The newest of one message alone, which proves nothing yet. */
  private readonly unconfirmed = new Map<Market, Message>();

  /** @param interval the shortest that is stored: its boundaries are also those of all others */
  constructor(private readonly interval: Interval) {}

  /**
   * The newest trade that one message has of a market. A time is reached when a second message has
   * reached it, as it is for the recorder, to which what came in the same millisecond is one
   * message, and a copy is none.
   */
  traded({ market, id, time, receivedAt }: Message & { market: Market }): void {
    const newest = this.unconfirmed.get(market);
    if (newest?.id === id) return;
    if (newest === undefined || time > newest.time)
      this.unconfirmed.set(market, { id, time, receivedAt });
    if (newest === undefined || newest.receivedAt === receivedAt) return;
    const second = Math.min(time, newest.time);
    if (second > (this.reached.get(market) ?? 0)) this.reached.set(market, second);
  }

  /**
   * Returns each due record once. `isProven` is false while some wait for a proof: any message,
   * even a pong, that the venue sent after the boundary proves that the trades before it have
   * arrived, since a connection keeps its order.
   *
   * @param now the venue's clock  @param lastSign the venue's clock at the last message
   */
  due(
    markets: readonly Market[],
    now: number,
    lastSign: number,
  ): { records: Clock[]; isProven: boolean } {
    const boundary = openTimeOf(this.interval, now - GRACE_MS);
    const quiet = markets.filter((market) => (this.reached.get(market) ?? 0) < boundary);
    if (quiet.length === 0) return { records: [], isProven: true };
    if (lastSign < boundary + GRACE_MS) return { records: [], isProven: false };
    for (const market of quiet) this.reached.set(market, boundary);
    return {
      records: quiet.map((market) => ({ market, clock: boundary })),
      isProven: true,
    };
  }
}
