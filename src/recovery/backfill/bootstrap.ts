import { setTimeout as sleep } from "node:timers/promises";
import { Inject, Injectable, Logger } from "@nestjs/common";
import type { Subscription } from "rxjs";
import { CONFIG, type Config } from "../../config/config.js";
import type { Market } from "../../domain/market.js";
import { BackfillStore } from "../../persistence/stores/backfills/backfill-store.js";
import { MarketStore } from "../../persistence/stores/market-store.js";
import { VenueClocks } from "../../venues/clock/venue-clocks.js";
import { FollowedMarkets } from "../../venues/followed-markets.js";
import { type VenueMarket, Venues } from "../../venues/venues.js";

/** Maximum wait for the first live trade: history that ends after it leaves no hole before it. */
const FIRST_TRADE_MS = 5_000;
const POLL_MS = 500;

/**
 * Requests the last hour of markets that are followed for the first time, so that a new user sees a
 * chart at once.
 */
@Injectable()
export class Bootstrap {
  private readonly logger = new Logger("Backfill");
  private newMarkets: VenueMarket[] = [];
  private readonly stopping = new AbortController();
  private subscription: Subscription | undefined;
  private requesting: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<Config, "bootstrapMs" | "backfillJobs">,
    private readonly followed: FollowedMarkets,
    private readonly venues: Venues,
    private readonly clocks: VenueClocks,
    private readonly markets: MarketStore,
    private readonly store: BackfillStore,
  ) {}

  /**
   * Call it before any feed starts: afterwards new markets cannot be distinguished from those with
   * history.
   */
  async findNewMarkets(): Promise<void> {
    this.newMarkets = await this.withoutHistory(this.followed.all);
  }

  start(): void {
    this.requesting ??= this.requestAll(Promise.resolve(this.newMarkets));
    this.subscription ??= this.followed.changes.subscribe(({ added }) => {
      // Starts now, long before the first trade of a feed that has yet to connect can be stored.
      const requesting = this.requestAll(this.withoutHistory(added));
      this.requesting = Promise.all([this.requesting, requesting]).then(() => undefined);
    });
  }

  async stop(): Promise<void> {
    this.subscription?.unsubscribe();
    this.stopping.abort();
    await this.requesting;
  }

  private async withoutHistory(markets: readonly Market[]): Promise<VenueMarket[]> {
    const { bootstrapMs, backfillJobs } = this.config;
    if (bootstrapMs === undefined || backfillJobs === 0) return [];
    const found: VenueMarket[] = [];
    for (const name of markets) {
      const market = this.venues.of(name);
      if (market !== undefined && !(await this.hasTrade(name))) found.push(market);
    }
    return found;
  }

  private async hasTrade(market: Market): Promise<boolean> {
    const known = await this.markets.find(market);
    return (known?.firstTradeTime ?? null) !== null;
  }

  /** Never rejects. */
  private async requestAll(markets: Promise<VenueMarket[]>): Promise<void> {
    try {
      await Promise.all((await markets).map((each) => this.request(each)));
    } catch (error) {
      if (!this.stopping.signal.aborted)
        this.logger.warn(`Initial history cannot be requested: ${String(error)}`);
    }
  }

  private async request({ market, venue }: VenueMarket): Promise<void> {
    const { bootstrapMs = 0 } = this.config;
    if (venue.repair.kind === "none") {
      this.logger.log(`${market} starts without history: ${venue.repair.reason}`);
      return;
    }
    const { signal } = this.stopping;
    const limit = performance.now() + FIRST_TRADE_MS;
    while (performance.now() < limit) {
      await sleep(POLL_MS, undefined, { signal });
      if (await this.hasTrade(market)) break;
    }
    const newest = (await this.markets.find(market))?.lastTradeTime ?? Date.now();
    const to = this.clocks.known(venue.name) ?? newest;
    const from = to - bootstrapMs;
    await this.store.request({ market, from, to, askedBy: "bootstrap" });
  }
}
