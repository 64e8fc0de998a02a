import { type Market, marketOf } from "../../domain/market.js";
import type { Venue } from "../../venues/venue.js";
import type { SymbolWatch } from "./symbol-watch.js";

export interface Followed {
  symbol: string;
  market: Market;
  watch: SymbolWatch;
}

/**
 * The subscription messages of one connection, and the markets that the venue's answers are about.
 */
export class Subscriptions {
  private nextId = 0;
  /** Markets whose answer has not arrived, by message id. */
  private readonly pending = new Map<number, Followed>();

  constructor(
    private readonly venue: Venue,
    private readonly followed: ReadonlyMap<Market, Followed>,
  ) {}

  /** Messages for a new connection. */
  all(): readonly string[] {
    this.pending.clear();
    const all = [...this.followed.values()];
    const first = this.nextId;
    const messages = this.venue.subscribe(
      all.map(({ symbol }) => symbol),
      first,
    );
    this.nextId += messages.length;
    if (messages.length === all.length)
      for (const [index, followed] of all.entries()) this.pending.set(first + index, followed);
    return messages;
  }

  /** Messages that renew one subscription; the answer to the last of them counts. */
  renew(followed: Followed): readonly string[] {
    const messages = this.venue.resubscribe(followed.symbol, this.nextId);
    this.nextId += messages.length;
    this.pending.set(this.nextId - 1, followed);
    return messages;
  }

  /** The markets that an answer is about; only the first answer to a message counts. */
  about(to: number | readonly string[]): readonly Followed[] {
    if (typeof to === "number") {
      const followed = this.pending.get(to);
      this.pending.delete(to);
      return followed === undefined ? [] : [followed];
    }
    return to.flatMap((symbol) => this.followed.get(marketOf(this.venue.name, symbol)) ?? []);
  }
}
