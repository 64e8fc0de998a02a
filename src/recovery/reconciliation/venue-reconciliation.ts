import { Logger } from "@nestjs/common";
import type { Market } from "../../domain/market.js";
import { VenueError } from "../../venues/rest/venue-error.js";
import { Backoff } from "../../waiting/backoff.js";
import { pause } from "../../waiting/pause.js";
import type { MarketClaims } from "../market-claims.js";
import type { MarketReconciliation } from "./market-reconciliation.js";

/** Ms. */
export interface RoundTiming {
  /** From the start to the first run. */
  first: number;
  /** Between runs. */
  every: number;
  /** From the end of a candle to its comparison. */
  after: number;
  /** Between runs while more is due than one does. */
  busy: number;
  /** Maximum wait after a failure. */
  maxWait: number;
}

/** A round begins this long after its newest candles are due. */
const AFTER_ROUND_MS = 500;

/** A market, and its earliest next run. */
interface Entry {
  market: MarketReconciliation;
  isClaimed: boolean;
  backoff: Backoff;
  notBefore: number;
  problem: string | undefined;
}

/** Compares one venue's markets, one after the other, again and again. */
export class VenueReconciliation {
  private readonly logger = new Logger("Reconciliation");
  private readonly entries = new Map<Market, Entry>();
  private readonly backoff: Backoff;

  constructor(
    private readonly venue: string,
    private readonly claims: Pick<MarketClaims, "has">,
    private readonly timing: RoundTiming,
    /** The venue's clock, epoch ms. */
    private readonly now: () => number,
  ) {
    this.backoff = new Backoff(timing.every, timing.maxWait);
  }

  /** Included from the next run on. */
  add(market: MarketReconciliation): void {
    this.entries.set(market.name, {
      market,
      isClaimed: false,
      backoff: new Backoff(this.timing.every, this.timing.maxWait),
      notBefore: 0,
      problem: undefined,
    });
  }

  remove(market: Market): void {
    const entry = this.entries.get(market);
    this.entries.delete(market);
    if (entry?.isClaimed === true) entry.market.release();
  }

  /** Resolves when the signal has aborted. */
  async run(signal: AbortSignal): Promise<void> {
    let wait = this.timing.first;
    while (!signal.aborted) {
      if (!(await pause(wait, signal))) return;
      try {
        const isBusy = await this.runOnce(signal);
        this.backoff.reset();
        wait = isBusy ? this.timing.busy : this.untilNextRound();
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

  /** Rounds begin when the candles of whole rounds have just become due. */
  private untilNextRound(): number {
    const { every, after } = this.timing;
    const since = (this.now() - after) % every;
    return every - since + Math.min(AFTER_ROUND_MS, every);
  }

  /** Rejects with an error that concerns all of the venue's markets. */
  private async runOnce(signal: AbortSignal): Promise<boolean> {
    let isBusy = false;
    for (const entry of this.entries.values()) {
      if (!this.isClaimed(entry) || performance.now() < entry.notBefore) continue;
      try {
        isBusy = (await entry.market.runOnce(this.now(), signal)) || isBusy;
        entry.backoff.reset();
        entry.problem = undefined;
      } catch (error) {
        if (!(error instanceof VenueError) || !isOfOneMarket(error)) throw error;
        this.putOff(entry, error);
      }
    }
    return isBusy;
  }

  private isClaimed(entry: Entry): boolean {
    const isClaimed = this.claims.has(entry.market.name);
    if (entry.isClaimed && !isClaimed) entry.market.release();
    entry.isClaimed = isClaimed;
    return isClaimed;
  }

  private putOff(entry: Entry, { message }: VenueError): void {
    const wait = entry.backoff.next();
    entry.notBefore = performance.now() + wait;
    if (entry.problem !== message)
      this.logger.warn(
        `Candles of ${entry.market.name} cannot be compared; next attempt in ${Math.ceil(wait / 1_000)} s: ${message}`,
      );
    entry.problem = message;
  }
}

/** Requests for the other markets may succeed. */
function isOfOneMarket({ code }: VenueError): boolean {
  return code === "refused" || code === "unreadable";
}
