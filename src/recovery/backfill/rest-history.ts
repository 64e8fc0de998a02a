import { VenueError } from "../../venues/rest/venue-error.js";
import type { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type {
  NewestTrade,
  RestRequest,
  TradePage,
  Venue,
} from "../../venues/venue.js";

/** No id is as high. */
const BEYOND = 2n ** 63n - 1n;
const NEIGHBOURS = 100n;

/** A market's history as its venue's REST tells it, in pages; the venue's other questions come first. */
export class RestHistory {
  constructor(
    private readonly hosts: VenueHosts,
    private readonly venue: Venue,
    private readonly symbol: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Rejects with a VenueError: `refused` when the venue does not know the symbol. */
  newest(): Promise<NewestTrade | null> {
    return this.ask(this.venue.newestTrade(this.symbol));
  }

  /**
   * Ascending, each trade once, from the trade at or behind `from` until one is at or behind `to`; the last page may go
   * further.
   */
  async *onwards(from: number, to: number): AsyncGenerator<TradePage> {
    let next: RestRequest<TradePage> | undefined = this.begin({
      from: 0n,
      to: BEYOND,
      after: from,
      before: to,
    });
    let end = 0n;
    let wasOld = false;
    while (next !== undefined) {
      const page: TradePage = await this.ask(next);
      const trades = page.trades.filter(({ ord }) => BigInt(ord) >= end);
      const last = trades.at(-1);
      const isOld = last === undefined && page.trades.length > 0;
      // Once is how Kraken is found to have more than a page of one moment.
      if (isOld && wasOld)
        throw new VenueError("unreadable", "it tells the same trades again");
      wasOld = isOld;
      yield { ...page, trades };
      if ((last?.time ?? from) >= to) return;
      if (last !== undefined) end = BigInt(last.ord) + BigInt(last.count);
      ({ next } = page);
    }
  }

  /** From the trade before `id` back, until one is older than `from`. */
  async *backwards(
    id: bigint,
    { from, to }: { from: number; to: number },
  ): AsyncGenerator<TradePage> {
    let next: RestRequest<TradePage> | undefined = this.begin({
      from: 0n,
      to: id,
      after: from,
      before: to,
    });
    while (next !== undefined) {
      const page: TradePage = await this.ask(next);
      yield page;
      if ((page.trades[0]?.time ?? to) < from) return;
      ({ next } = page);
    }
  }

  /**
   * The first id behind `time`, or a little further: found by halving, since these venues are not asked by time. About
   * forty questions.
   */
  async idBehind(time: number): Promise<bigint> {
    const newest = await this.newest();
    if (newest === null) return 0n;
    let low = 0n;
    let high = newest.lastOrd + 1n;
    if (newest.time <= time) return high;
    while (high - low > NEIGHBOURS) {
      const middle = (low + high) / 2n;
      const found = await this.timeBefore(middle);
      // Older than the venue tells: as if it were before.
      if (found === undefined || found <= time) low = middle;
      else high = middle;
    }
    return high;
  }

  /** Of the newest trade below `id`. */
  private async timeBefore(id: bigint): Promise<number | undefined> {
    // More than one: the ids just below may be without a trade.
    const from = id > NEIGHBOURS ? id - NEIGHBOURS : 0n;
    const hole = { from, to: id, after: 0, before: 0 };
    const page = await this.ask(this.begin(hole));
    return page.trades.at(-1)?.time;
  }

  private begin(hole: {
    from: bigint;
    to: bigint;
    after: number;
    before: number;
  }): RestRequest<TradePage> {
    const { repair } = this.venue;
    if (repair.kind === "none") throw new Error(repair.reason);
    return repair.begin({ symbol: this.symbol, ...hole }, "backfill");
  }

  private ask<T>(question: RestRequest<T>): Promise<T> {
    return this.hosts.ask(this.venue, question, "backfill", this.signal);
  }
}
