import { Inject, Injectable } from "@nestjs/common";
import type { Subscription } from "rxjs";
import { CONFIG, type Config } from "../../config/config.js";
import { type Market, splitMarket } from "../../domain/market.js";
import { FollowedMarkets } from "../../venues/followed-markets.js";
import { pause } from "../../waiting/pause.js";
import { FeedBoard } from "./feed-board.js";
import { FEED_FACTORIES, type Feed, type FeedFactory } from "./feed.js";

/** How long an exchange may take to answer before a substitute starts. */
const REACH_LIMIT_MS = 5_000;
const POLL_MS = 100;

/** Every feed of this process, from start to stop. */
@Injectable()
export class Feeds {
  private readonly running = new Set<Feed>();
  /** Removed feeds that have not ended yet. */
  private readonly ending = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private subscription: Subscription | undefined;
  private fallback: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, "feedsExplicit">,
    private readonly followed: FollowedMarkets,
    private readonly board: FeedBoard,
    @Inject(FEED_FACTORIES) private readonly factories: readonly FeedFactory[],
  ) {}

  start(): void {
    this.board.start();
    this.subscription = this.followed.changes.subscribe(({ added, removed }) => {
      this.begin(this.feedsOf(added));
      this.end(removed);
    });
    this.subscription.add(
      this.followed.history.subscribe(({ market, part }) => this.board.history(market, part)),
    );
    this.begin(this.feedsOf(this.followed.all));
    // A configured list of markets is taken as it is, without a substitute.
    if (!this.config.feedsExplicit) this.fallback = this.standInIfUnreachable([...this.running]);
  }

  async stop(): Promise<void> {
    this.subscription?.unsubscribe();
    this.stopping.abort();
    await this.fallback;
    await Promise.all([...this.running].map((feed) => feed.stop()));
    await Promise.all(this.ending);
    await this.board.stop();
  }

  private feedsOf(markets: readonly Market[]): Feed[] {
    return this.factories.flatMap((factory) =>
      factory.feedsOf(markets.filter((market) => factory.follows(splitMarket(market).venue))),
    );
  }

  /** Registers all before the first of them starts. */
  private begin(feeds: readonly Feed[]): void {
    for (const feed of feeds) this.running.add(feed);
    for (const feed of feeds) feed.start();
  }

  /** Ends feeds of these markets, except those that also serve a market that is still followed. */
  private end(removed: readonly Market[]): void {
    for (const feed of this.running) {
      const { markets } = feed;
      if (!markets.some((market) => removed.includes(market))) continue;
      if (markets.some((market) => this.followed.has(market))) continue;
      this.running.delete(feed);
      const ended = feed.stop().then(() => {
        this.ending.delete(ended);
        for (const market of markets)
          if (!this.followed.has(market)) this.board.set(market, "stopped", "no longer followed");
      });
      this.ending.add(ended);
    }
  }

  private async standInIfUnreachable(feeds: readonly Feed[]): Promise<void> {
    const { signal } = this.stopping;
    const limit = performance.now() + REACH_LIMIT_MS;
    while (performance.now() < limit) {
      if (feeds.some(({ hasConnected }) => hasConnected)) return;
      if (!(await pause(POLL_MS, signal))) return;
    }
    const why = feeds.flatMap(({ problem }) => problem ?? []).join("; ");
    for (const factory of this.factories)
      this.begin(factory.standIn?.(this.followed.all, why) ?? []);
  }
}
