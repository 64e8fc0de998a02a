import { Logger } from "@nestjs/common";
import type { Market } from "../../domain/market.js";
import { VenueError } from "../../venues/rest/venue-error.js";
import { Backoff } from "../../waiting/backoff.js";
import { pause } from "../../waiting/pause.js";
import type { MarketClaims } from "../market-claims.js";
import type { MarketReconciliation } from "./market-reconciliation.js";

/** Ms. */
export interface RoundTiming {
  /** From the start to the first round. */
  first: number;
  /** Between rounds. */
  every: number;
  /** Between rounds while more is due than one does. */
  busy: number;
  /** Longest wait after a failure. */
  longest: number;
}

/** A market, and when it is asked about again. */
interface Place {
  market: MarketReconciliation;
  isMine: boolean;
  backoff: Backoff;
  notBefore: number;
  problem: string | undefined;
}

/** One venue's rounds over its markets, one after the other. */
export class VenueReconciliation {
  private readonly logger = new Logger("Reconciliation");
  private readonly places = new Map<Market, Place>();
  private readonly backoff: Backoff;

  constructor(
    private readonly venue: string,
    private readonly claims: Pick<MarketClaims, "has">,
    private readonly timing: RoundTiming,
  ) {
    this.backoff = new Backoff(timing.every, timing.longest);
  }

  /** From the next round on. */
  add(market: MarketReconciliation): void {
    this.places.set(market.name, {
      market,
      isMine: false,
      backoff: new Backoff(this.timing.every, this.timing.longest),
      notBefore: 0,
      problem: undefined,
    });
  }

  remove(market: Market): void {
    const place = this.places.get(market);
    this.places.delete(market);
    if (place?.isMine === true) place.market.leave();
  }

  /** Resolves when the signal has aborted. */
  async run(signal: AbortSignal): Promise<void> {
    let wait = this.timing.first;
    while (!signal.aborted) {
      if (!(await pause(wait, signal))) return;
      try {
        const isBusy = await this.round(signal);
        this.backoff.reset();
        wait = isBusy ? this.timing.busy : this.timing.every;
      } catch (error) {
        if (signal.aborted) return;
        const silentMs = error instanceof VenueError ? error.silentMs : 0;
        wait = Math.max(silentMs, this.backoff.next());
        this.logger.warn(
          `Candles of ${this.venue} cannot be compared; next attempt in ${Math.ceil(wait / 1_000)} s: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }

  /** Rejects with what keeps all of the venue's markets from being compared. */
  private async round(signal: AbortSignal): Promise<boolean> {
    let isBusy = false;
    for (const place of this.places.values()) {
      if (!this.isMine(place) || performance.now() < place.notBefore) continue;
      try {
        isBusy = (await place.market.round(Date.now(), signal)) || isBusy;
        place.backoff.reset();
        place.problem = undefined;
      } catch (error) {
        if (!(error instanceof VenueError) || !isOfOneMarket(error))
          throw error;
        this.putOff(place, error);
      }
    }
    return isBusy;
  }

  private isMine(place: Place): boolean {
    const isMine = this.claims.has(place.market.name);
    if (place.isMine && !isMine) place.market.leave();
    place.isMine = isMine;
    return isMine;
  }

  private putOff(place: Place, { message }: VenueError): void {
    const wait = place.backoff.next();
    place.notBefore = performance.now() + wait;
    if (place.problem !== message)
      this.logger.warn(
        `Candles of ${place.market.name} cannot be compared for now: ${message}`,
      );
    place.problem = message;
  }
}

/** The others may be answered. */
function isOfOneMarket({ code }: VenueError): boolean {
  return code === "refused" || code === "unreadable";
}
