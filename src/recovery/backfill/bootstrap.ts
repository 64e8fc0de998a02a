import { setTimeout as sleep } from "node:timers/promises";
import { Inject, Injectable, Logger } from "@nestjs/common";
import { CONFIG, type Config } from "../../config/config.js";
import { BackfillStore } from "../../persistence/stores/backfill-store.js";
import { MarketStore } from "../../persistence/stores/market-store.js";
import { type FollowedMarket, MarketClaims } from "../market-claims.js";

/** How long a first live trade is waited for: what is fetched then ends behind it, and leaves no hole before it. */
const FIRST_TRADE_MS = 5_000;
const POLL_MS = 500;

/** Asks for the last hour of markets that are followed for the first time, so that a new user sees a chart at once. */
@Injectable()
export class Bootstrap {
  private readonly logger = new Logger("Backfill");
  private unknown: FollowedMarket[] = [];
  private readonly stopping = new AbortController();
  private asking: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly claims: MarketClaims,
    private readonly markets: MarketStore,
    private readonly store: BackfillStore,
  ) {}

  /** Before any feed starts: afterwards nobody could tell who has had history. */
  async look(): Promise<void> {
    const { bootstrapMs, backfillJobs } = this.config;
    if (bootstrapMs === undefined || backfillJobs === 0) return;
    for (const followed of this.claims.followed) {
      const market = await this.markets.find(followed.market);
      if ((market?.firstTradeTime ?? null) === null)
        this.unknown.push(followed);
    }
  }

  start(): void {
    this.asking ??= Promise.all(
      this.unknown.map((followed) => this.ask(followed)),
    )
      .then(() => undefined)
      .catch((error: unknown) => {
        if (!this.stopping.signal.aborted)
          this.logger.warn(`No history is fetched: ${String(error)}`);
      });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.asking;
  }

  private async ask({ market, venue }: FollowedMarket): Promise<void> {
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
      const known = await this.markets.find(market);
      if ((known?.firstTradeTime ?? null) !== null) break;
    }
    const to = Date.now();
    const from = to - bootstrapMs;
    await this.store.ask({ market, from, to, askedBy: "bootstrap" });
  }
}
