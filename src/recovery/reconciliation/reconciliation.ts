import { Inject, Injectable, Optional } from "@nestjs/common";
import { CONFIG, type Config } from "../../config/config.js";
import { HOUR_MS } from "../../domain/units.js";
import { Metrics } from "../../metrics/metrics.js";
import { CandleStore } from "../../persistence/stores/candle-store.js";
import { ComparisonStore } from "../../persistence/stores/comparison-store.js";
import { ReconciliationStore } from "../../persistence/stores/reconciliation-store.js";
import { Transport } from "../../streaming/transport.js";
import { VenueHosts } from "../../venues/rest/venue-hosts.js";
import { MarketClaims } from "../market-claims.js";
import { MarketReconciliation } from "./market-reconciliation.js";
import {
  type RoundTiming,
  VenueReconciliation,
} from "./venue-reconciliation.js";

/** Injection token of another `ReconciliationTiming`, for who cannot wait. */
export const RECONCILIATION_TIMING = Symbol("reconciliation timing");

export interface ReconciliationTiming extends RoundTiming {
  /** From a difference to its second look, ms. */
  recheck: number;
  /** The longest transaction. */
  transaction: number;
}

const TIMING: ReconciliationTiming = {
  first: 20_000,
  every: 300_000,
  busy: 1_000,
  longest: HOUR_MS,
  recheck: 60_000,
  // What a statement may take (`dataSourceOptions`).
  transaction: 120_000,
};

/**
 * Compares candles with the venues' own, in the background: a few questions a market and round, and each venue by itself, since
 * one that is slow or silent must not keep the others.
 */
@Injectable()
export class Reconciliation {
  private readonly stopping = new AbortController();
  private running: Promise<void>[] = [];

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly claims: MarketClaims,
    private readonly candles: CandleStore,
    private readonly comparisons: ComparisonStore,
    private readonly results: ReconciliationStore,
    private readonly hosts: VenueHosts,
    private readonly transport: Transport,
    private readonly metrics: Metrics,
    @Optional()
    @Inject(RECONCILIATION_TIMING)
    private readonly timing: ReconciliationTiming = TIMING,
  ) {}

  start(): void {
    const { back, after } = this.config.reconcile;
    if (back === undefined || this.running.length > 0) return;
    const { candles, comparisons, results, hosts, transport, metrics } = this;
    const tools = { candles, comparisons, results, hosts, transport, metrics };
    const byVenue = new Map<string, MarketReconciliation[]>();
    for (const followed of this.claims.followed) {
      const { name } = followed.venue;
      const market = new MarketReconciliation(
        followed,
        this.config.intervals,
        tools,
        { after, back, ...this.timing },
      );
      byVenue.set(name, [...(byVenue.get(name) ?? []), market]);
    }
    this.running = [...byVenue].map(([venue, markets]) =>
      new VenueReconciliation(venue, markets, this.claims, this.timing).run(
        this.stopping.signal,
      ),
    );
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }
}
