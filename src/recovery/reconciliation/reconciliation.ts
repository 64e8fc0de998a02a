import { Inject, Injectable, Optional } from "@nestjs/common";
import type { Subscription } from "rxjs";
import { CONFIG, type Config } from "../../config/config.js";
import { HOUR_MS, MINUTE_MS } from "../../domain/units.js";
import { CandleStore } from "../../persistence/stores/candles/candle-store.js";
import { ComparisonStore } from "../../persistence/stores/reconciliation/comparison-store.js";
import { ReconciliationStore } from "../../persistence/stores/reconciliation/reconciliation-store.js";
import { Transport } from "../../streaming/transport.js";
import { VenueClocks } from "../../venues/clock/venue-clocks.js";
import { FollowedMarkets } from "../../venues/followed-markets.js";
import { VenueHosts } from "../../venues/rest/venue-hosts.js";
import { type VenueMarket, Venues } from "../../venues/venues.js";
import { MarketClaims } from "../market-claims.js";
import { MarketReconciliation } from "./market-reconciliation.js";
import { ReconciliationFigures } from "./reconciliation-figures.js";
import { type RoundTiming, VenueReconciliation } from "./venue-reconciliation.js";

/** Injection token of another `ReconciliationTiming`, for tests. */
const RECONCILIATION_TIMING = Symbol("reconciliation timing");

export interface ReconciliationTiming extends Omit<RoundTiming, "after"> {
  /** From a difference to its second comparison, ms. */
  recheck: number;
  /** The longest transaction, ms. */
  transaction: number;
}

const TIMING: ReconciliationTiming = {
  first: 20_000,
  every: 5 * MINUTE_MS,
  busy: 1_000,
  maxWait: HOUR_MS,
  recheck: 60_000,
  // The limit of a statement (`dataSourceOptions`).
  transaction: 120_000,
};

/** Where candles are to be compared sooner than this after their end, each minute has its round. */
const SOON_MS = 3 * MINUTE_MS;

/**
 * Compares candles with the venues' own in the background: a few requests per market and run, each
 * venue independently, since a slow or silent one must not delay the others.
 */
@Injectable()
export class Reconciliation {
  private readonly stopping = new AbortController();
  private readonly byVenue = new Map<string, VenueReconciliation>();
  private readonly running: Promise<void>[] = [];
  private subscription: Subscription | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly followed: FollowedMarkets,
    private readonly venues: Venues,
    private readonly claims: MarketClaims,
    private readonly candles: CandleStore,
    private readonly comparisons: ComparisonStore,
    private readonly results: ReconciliationStore,
    private readonly hosts: VenueHosts,
    private readonly clocks: VenueClocks,
    private readonly transport: Transport,
    private readonly figures: ReconciliationFigures,
    @Optional()
    @Inject(RECONCILIATION_TIMING)
    private readonly timing: ReconciliationTiming = TIMING,
  ) {}

  start(): void {
    const { back } = this.config.reconcile;
    if (back === undefined || this.subscription !== undefined) return;
    this.subscription = this.followed.changes.subscribe(({ added, removed }) => {
      for (const market of added) this.add(this.venues.of(market), back);
      for (const market of removed) this.remove(this.venues.of(market));
    });
    for (const market of this.followed.withVenue) this.add(market, back);
  }

  async stop(): Promise<void> {
    this.subscription?.unsubscribe();
    this.stopping.abort();
    await Promise.all(this.running);
  }

  private add(followed: VenueMarket | undefined, back: number): void {
    if (followed === undefined) return;
    const { candles, comparisons, results, hosts, transport, figures } = this;
    const { after } = this.config.reconcile;
    const market = new MarketReconciliation(
      followed,
      this.config.intervals,
      { candles, comparisons, results, hosts, transport, figures },
      { after, back, ...this.timing },
    );
    this.runnerOf(followed.venue.name).add(market);
  }

  private remove(followed: VenueMarket | undefined): void {
    if (followed !== undefined) this.byVenue.get(followed.venue.name)?.remove(followed.market);
  }

  /** Started with the venue's first market; keeps running without any. */
  private runnerOf(venue: string): VenueReconciliation {
    const known = this.byVenue.get(venue);
    if (known !== undefined) return known;
    const { after } = this.config.reconcile;
    const every = after < SOON_MS ? Math.min(this.timing.every, MINUTE_MS) : this.timing.every;
    const runner = new VenueReconciliation(
      venue,
      this.claims,
      { ...this.timing, after, every },
      () => this.clocks.now(venue),
    );
    this.byVenue.set(venue, runner);
    this.running.push(runner.run(this.stopping.signal));
    return runner;
  }
}
