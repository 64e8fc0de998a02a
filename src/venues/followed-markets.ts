import { Inject, Injectable } from "@nestjs/common";
import { type Observable, Subject } from "rxjs";
import { CONFIG, type Config } from "../config/config.js";
import type { Market } from "../domain/market.js";
import { type VenueMarket, Venues } from "./venues.js";

/** Markets that were added or removed. */
export interface FollowedChange {
  added: readonly Market[];
  removed: readonly Market[];
}

/** Progress of loading a followed market's history. */
export interface HistoryProgress {
  market: Market;
  /** 0–1; null when none is being loaded. */
  part: number | null;
}

/**
 * The markets that this process follows: at start, those of FEEDS. Subscribers to `changes` are
 * called before `add` or `remove` returns.
 */
@Injectable()
export class FollowedMarkets {
  private readonly markets: Set<Market>;
  private readonly changed = new Subject<FollowedChange>();
  private readonly historyProgress = new Subject<HistoryProgress>();

  constructor(
    @Inject(CONFIG) { feeds }: Pick<Config, "feeds">,
    private readonly venues: Venues,
  ) {
    this.markets = new Set(feeds);
  }

  /** In the order in which they were added. */
  get all(): readonly Market[] {
    return [...this.markets];
  }

  /** Those whose venue has an entry in `Venues`. */
  get withVenue(): VenueMarket[] {
    return this.all.flatMap((market) => this.venues.of(market) ?? []);
  }

  get changes(): Observable<FollowedChange> {
    return this.changed;
  }

  get history(): Observable<HistoryProgress> {
    return this.historyProgress;
  }

  has(market: Market): boolean {
    return this.markets.has(market);
  }

  /** Ignores those that are followed already. Throws if there is one that no feed can follow. */
  add(markets: readonly Market[]): void {
    const unknown = this.venues.unknown(markets);
    if (unknown.length > 0) throw new Error(unknown.join("; "));
    const added = [...new Set(markets)].filter((market) => !this.has(market));
    for (const market of added) this.markets.add(market);
    if (added.length > 0) this.changed.next({ added, removed: [] });
  }

  remove(markets: readonly Market[]): void {
    const removed = markets.filter((market) => this.markets.delete(market));
    if (removed.length > 0) this.changed.next({ added: [], removed });
  }

  /** For the feed's state; `part` as in `HistoryProgress`. */
  reportHistory(market: Market, part: number | null): void {
    this.historyProgress.next({ market, part });
  }
}
