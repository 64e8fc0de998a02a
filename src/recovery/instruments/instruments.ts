import { Inject, Injectable, Optional } from "@nestjs/common";
import { InstrumentStore } from "../../persistence/stores/instrument-store.js";
import { VenueHosts } from "../../venues/rest/venue-hosts.js";
import { MarketClaims } from "../market-claims.js";
import {
  type InstrumentTiming,
  VenueInstruments,
} from "./venue-instruments.js";

/** Injection token of another `InstrumentTiming`, for who cannot wait. */
export const INSTRUMENT_TIMING = Symbol("instrument timing");

const TIMING: InstrumentTiming = {
  firstMs: 5_000,
  everyMs: 86_400_000,
  lookMs: 60_000,
  firstRetryMs: 60_000,
  longestRetryMs: 3_600_000,
};

/**
 * Keeps what venues say of the followed markets up to date, in the background: at the start and then once a day, after
 * everybody else's requests, and each venue by itself, since one that is slow or silent must not keep the others.
 */
@Injectable()
export class Instruments {
  private readonly stopping = new AbortController();
  private running: Promise<void>[] = [];

  constructor(
    private readonly claims: MarketClaims,
    private readonly hosts: VenueHosts,
    private readonly store: InstrumentStore,
    @Optional()
    @Inject(INSTRUMENT_TIMING)
    private readonly timing: InstrumentTiming = TIMING,
  ) {}

  start(): void {
    if (this.running.length > 0) return;
    const venues = new Set(this.claims.followed.map(({ venue }) => venue));
    this.running = [...venues].flatMap((venue) => {
      const { instruments } = venue;
      if (instruments === undefined) return [];
      const { claims, hosts, store, timing } = this;
      const one = new VenueInstruments(
        { venue, instruments },
        { claims, hosts, store },
        timing,
      );
      return [one.run(this.stopping.signal)];
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }
}
