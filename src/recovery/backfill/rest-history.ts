import { VenueError } from "../../venues/rest/venue-error.js";
import type { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { NewestTrade, RestRequest, TradePage, Venue } from "../../venues/venue.js";

/** Above every id. */
const BEYOND = 2n ** 63n - 1n;
/** Ids searched below a given one: those just below it may have no trade. */
const NEIGHBOUR_IDS = 100n;

/**
 * Reads a market's history page by page over its venue's REST, after requests of higher urgency.
 */
export class RestHistory {
  constructor(
    private readonly hosts: VenueHosts,
    private readonly venue: Venue,
    private readonly symbol: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Rejects with a VenueError: `refused` when the venue does not know the symbol. */
  newest(): Promise<NewestTrade | null> {
    return this.fetch(this.venue.newestTrade(this.symbol));
  }

  /**
   * Ascending, each trade once, from the first trade at or after `from` until one is at or after
   * `to`; the last page may go further. Rejects with a VenueError.
   */
  async *forwards(from: number, to: number): AsyncGenerator<TradePage> {
    let next: RestRequest<TradePage> | undefined = this.begin({
      from: 0n,
      to: BEYOND,
      after: from,
      before: to,
    });
    let end = 0n;
    let wasOld = false;
    while (next !== undefined) {
      const page: TradePage = await this.fetch(next);
      const trades = page.trades.filter(({ ord }) => BigInt(ord) >= end);
      const last = trades.at(-1);
      const isOld = last === undefined && page.trades.length > 0;
      // Once is normal: Kraken does so when one moment holds more than a page.
      if (isOld && wasOld) throw new VenueError("unreadable", "it returns the same trades again");
      wasOld = isOld;
      yield { ...page, trades };
      if ((last?.time ?? from) >= to) return;
      if (last !== undefined) end = BigInt(last.ord) + BigInt(last.count);
      ({ next } = page);
    }
  }

  /**
   * Descending pages from the trade before `id`, until one is older than `from`. Rejects with a
   * VenueError.
   */
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
      const page: TradePage = await this.fetch(next);
      yield page;
      if ((page.trades[0]?.time ?? to) < from) return;
      ({ next } = page);
    }
  }

  /**
   * The first id after `time`, or a slightly higher one, by binary search, since these venues
   * cannot be queried by time. About forty requests.
   */
  async idAfter(time: number): Promise<bigint> {
    const newest = await this.newest();
    if (newest === null) return 0n;
    let low = 0n;
    let high = newest.lastOrd + 1n;
    if (newest.time <= time) return high;
    while (high - low > NEIGHBOUR_IDS) {
      const middle = (low + high) / 2n;
      const found = await this.timeBefore(middle);
      // Older than what the venue serves: counts as before `time`.
      if (found === undefined || found <= time) low = middle;
      else high = middle;
    }
    return high;
  }

  /** Time of the newest trade below `id`; undefined when none is served. */
  private async timeBefore(id: bigint): Promise<number | undefined> {
    const from = id > NEIGHBOUR_IDS ? id - NEIGHBOUR_IDS : 0n;
    const hole = { from, to: id, after: 0, before: 0 };
    const page = await this.fetch(this.begin(hole));
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

  private fetch<T>(request: RestRequest<T>): Promise<T> {
    return this.hosts.fetch(this.venue, request, "backfill", this.signal);
  }
}
