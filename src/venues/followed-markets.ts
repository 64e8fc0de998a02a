import { Inject, Injectable } from "@nestjs/common";
import { type Observable, Subject } from "rxjs";
import { CONFIG, type Config } from "../config/config.js";
import type { Market } from "../domain/market.js";
import { type VenueMarket, Venues } from "./venues.js";

/** Markets that came to be followed, or are followed no more. */
export interface FollowedChange {
  added: readonly Market[];
  removed: readonly Market[];
}

/** How much of a followed market's history is made. */
export interface HistoryMade {
  market: Market;
  /** 0–1; null when none is being made. */
  part: number | null;
}

/**
 * Which markets this process follows: those of FEEDS at its start. Whoever cares for them reads them here, and is told
 * of each change before `add` or `remove` returns.
 */
@Injectable()
export class FollowedMarkets {
  private readonly markets: Set<Market>;
  private readonly changing = new Subject<FollowedChange>();
  private readonly making = new Subject<HistoryMade>();

  constructor(
    @Inject(CONFIG) { feeds }: Pick<Config, "feeds">,
    private readonly venues: Venues,
  ) {
    this.markets = new Set(feeds);
  }

  /** In the order in which they came to be followed. */
  get all(): readonly Market[] {
    return [...this.markets];
  }

  /** Those whose venue can be asked. */
  get withVenue(): VenueMarket[] {
    return this.all.flatMap((market) => this.venues.of(market) ?? []);
  }

  get changes(): Observable<FollowedChange> {
    return this.changing;
  }

  get history(): Observable<HistoryMade> {
    return this.making;
  }

  has(market: Market): boolean {
    return this.markets.has(market);
  }

  /** Those that are followed already are left out. Throws for one that no feed can follow. */
  add(markets: readonly Market[]): void {
    const unknown = this.venues.unknown(markets);
    if (unknown.length > 0) throw new Error(unknown.join("; "));
    const added = [...new Set(markets)].filter((market) => !this.has(market));
    for (const market of added) this.markets.add(market);
    if (added.length > 0) this.changing.next({ added, removed: [] });
  }

  remove(markets: readonly Market[]): void {
    const removed = markets.filter((market) => this.markets.delete(market));
    if (removed.length > 0) this.changing.next({ added: [], removed });
  }

  /** For whoever shows the state of its feed. */
  tellHistory(market: Market, part: number | null): void {
    this.making.next({ market, part });
  }
}
