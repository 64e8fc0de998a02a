import { type Market, marketOf } from "../../domain/market.js";
import type { Venue } from "../../venues/venue.js";
import type { SymbolWatch } from "./symbol-watch.js";

export interface Followed {
  symbol: string;
  market: Market;
  watch: SymbolWatch;
}

/** What one connection asks its venue for, and whom an answer concerns. */
export class Subscriptions {
  private nextId = 0;
  /** Whose answers have not come, by message id. */
  private readonly asked = new Map<number, Followed>();

  constructor(
    private readonly venue: Venue,
    private readonly followed: ReadonlyMap<Market, Followed>,
  ) {}

  /** Messages for a new connection. */
  all(): readonly string[] {
    this.asked.clear();
    const all = [...this.followed.values()];
    const first = this.nextId;
    const messages = this.venue.subscribe(
      all.map(({ symbol }) => symbol),
      first,
    );
    this.nextId += messages.length;
    if (messages.length === all.length)
      for (const [index, followed] of all.entries())
        this.asked.set(first + index, followed);
    return messages;
  }

  /** Messages that make one subscription again; the last of them is the one whose answer counts. */
  again(followed: Followed): readonly string[] {
    const messages = this.venue.resubscribe(followed.symbol, this.nextId);
    this.nextId += messages.length;
    this.asked.set(this.nextId - 1, followed);
    return messages;
  }

  /** Whom an answer is about; a message's answer counts once. */
  about(to: number | readonly string[]): readonly Followed[] {
    if (typeof to === "number") {
      const followed = this.asked.get(to);
      this.asked.delete(to);
      return followed === undefined ? [] : [followed];
    }
    return to.flatMap(
      (symbol) => this.followed.get(marketOf(this.venue.name, symbol)) ?? [],
    );
  }
}
