import { Inject, Injectable, Optional } from "@nestjs/common";
import type { Subscription } from "rxjs";
import { DAY_MS } from "../../domain/units.js";
import { InstrumentStore } from "../../persistence/stores/instrument-store.js";
import { FollowedMarkets } from "../../venues/followed-markets.js";
import { VenueHosts } from "../../venues/rest/venue-hosts.js";
import { MarketClaims } from "../market-claims.js";
import { type InstrumentTiming, VenueInstruments } from "./venue-instruments.js";

/** Injection token of another `InstrumentTiming`, for tests. */
const INSTRUMENT_TIMING = Symbol("instrument timing");

const TIMING: InstrumentTiming = {
  firstMs: 5_000,
  everyMs: DAY_MS,
  pollMs: 60_000,
  firstRetryMs: 60_000,
  maxRetryMs: 3_600_000,
};

/**
 * Keeps the instruments of the followed markets up to date in the background: at the start and then
 * once a day, with the lowest urgency, each venue independently, since a slow or silent one must
 * not delay the others.
 */
@Injectable()
export class Instruments {
  private readonly stopping = new AbortController();
  private readonly running = new Map<string, Promise<void>>();
  private subscription: Subscription | undefined;

  constructor(
    private readonly followed: FollowedMarkets,
    private readonly claims: MarketClaims,
    private readonly hosts: VenueHosts,
    private readonly store: InstrumentStore,
    @Optional()
    @Inject(INSTRUMENT_TIMING)
    private readonly timing: InstrumentTiming = TIMING,
  ) {}

  start(): void {
    this.subscription ??= this.followed.changes.subscribe(() => this.begin());
    this.begin();
  }

  async stop(): Promise<void> {
    this.subscription?.unsubscribe();
    this.stopping.abort();
    await Promise.all(this.running.values());
  }

  /** Starts venues that are followed now; each of them reads its markets again at every poll. */
  private begin(): void {
    const { claims, hosts, store, timing } = this;
    for (const { venue } of this.followed.withVenue) {
      const { instruments } = venue;
      if (instruments === undefined || this.running.has(venue.name)) continue;
      const instrumentsOfVenue = new VenueInstruments(
        { venue, instruments },
        { claims, hosts, store },
        timing,
      );
      this.running.set(venue.name, instrumentsOfVenue.run(this.stopping.signal));
    }
  }
}
