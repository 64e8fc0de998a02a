import { setTimeout as sleep } from "node:timers/promises";
import { Inject, Injectable, Logger } from "@nestjs/common";
import type { Subscription } from "rxjs";
import { CONFIG, type Config } from "../../config/config.js";
import type { Market } from "../../domain/market.js";
import { BackfillStore } from "../../persistence/stores/backfill-store.js";
import { MarketStore } from "../../persistence/stores/market-store.js";
import { FollowedMarkets } from "../../venues/followed-markets.js";
import { type VenueMarket, Venues } from "../../venues/venues.js";

/** How long a first live trade is waited for: what is fetched then ends behind it, and leaves no hole before it. */
const FIRST_TRADE_MS = 5_000;
const POLL_MS = 500;

/** Asks for the last hour of markets that are followed for the first time, so that a new user sees a chart at once. */
@Injectable()
export class Bootstrap {
  private readonly logger = new Logger("Backfill");
  private unknown: VenueMarket[] = [];
  private readonly stopping = new AbortController();
  private subscription: Subscription | undefined;
  private asking: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<Config, "bootstrapMs" | "backfillJobs">,
    private readonly followed: FollowedMarkets,
    private readonly venues: Venues,
    private readonly markets: MarketStore,
    private readonly store: BackfillStore,
  ) {}

  /** Before any feed starts: afterwards nobody could tell who has had history. */
  async look(): Promise<void> {
    this.unknown = await this.withoutHistory(this.followed.all);
  }

  start(): void {
    this.asking ??= this.askAll(Promise.resolve(this.unknown));
    this.subscription ??= this.followed.changes.subscribe(({ added }) => {
      // The look begins now, long before the first trade of a feed that has yet to connect can be stored.
      const asking = this.askAll(this.withoutHistory(added));
      this.asking = Promise.all([this.asking, asking]).then(() => undefined);
    });
  }

  async stop(): Promise<void> {
    this.subscription?.unsubscribe();
    this.stopping.abort();
    await this.asking;
  }

  private async withoutHistory(
    markets: readonly Market[],
  ): Promise<VenueMarket[]> {
    const { bootstrapMs, backfillJobs } = this.config;
    if (bootstrapMs === undefined || backfillJobs === 0) return [];
    const unknown: VenueMarket[] = [];
    for (const name of markets) {
      const asked = this.venues.of(name);
      if (asked !== undefined && !(await this.hasTrade(name)))
        unknown.push(asked);
    }
    return unknown;
  }

  private async hasTrade(market: Market): Promise<boolean> {
    const known = await this.markets.find(market);
    return (known?.firstTradeTime ?? null) !== null;
  }

  /** Never rejects. */
  private async askAll(unknown: Promise<VenueMarket[]>): Promise<void> {
    try {
      await Promise.all((await unknown).map((each) => this.ask(each)));
    } catch (error) {
      if (!this.stopping.signal.aborted)
        this.logger.warn(`No history is fetched: ${String(error)}`);
    }
  }

  private async ask({ market, venue }: VenueMarket): Promise<void> {
    const { bootstrapMs = 0 } = this.config;
    if (venue.repair.kind === "none") {
      this.logger.log(
        `${market} starts without history: ${venue.repair.reason}`,
      );
      return;
    }
    const { signal } = this.stopping;
    const limit = performance.now() + FIRST_TRADE_MS;
    while (performance.now() < limit) {
      await sleep(POLL_MS, undefined, { signal });
      if (await this.hasTrade(market)) break;
    }
    const to = Date.now();
    const from = to - bootstrapMs;
    await this.store.ask({ market, from, to, askedBy: "bootstrap" });
  }
}
