import { Logger } from "@nestjs/common";
import type { Instrument } from "../../domain/instrument.js";
import type { InstrumentStore } from "../../persistence/stores/instrument-store.js";
import { VenueError } from "../../venues/rest/venue-error.js";
import type { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { Instruments, Venue } from "../../venues/venue.js";
import { Backoff } from "../../waiting/backoff.js";
import { pause } from "../../waiting/pause.js";
import type { MarketClaims } from "../market-claims.js";

export interface InstrumentTiming {
  /** From the start to the first request, at most. */
  firstMs: number;
  /** From an answer to the next request for the same market, at most. */
  everyMs: number;
  /** Between checks which markets are due. */
  pollMs: number;
  /** From a failure to the next attempt; doubles up to `maxRetryMs`. */
  firstRetryMs: number;
  maxRetryMs: number;
}

export interface InstrumentTools {
  claims: Pick<MarketClaims, "claimedMarkets">;
  hosts: Pick<VenueHosts, "fetch">;
  store: Pick<InstrumentStore, "save">;
}

/** Refreshes one venue's instruments, for the markets that this process claims. */
export class VenueInstruments {
  private readonly logger = new Logger("Instruments");
  /**
   * By symbol, ms of the monotonic clock: its next request. At once for a symbol without an entry.
   */
  private readonly due = new Map<string, number>();
  private readonly backoff: Backoff;
  private problem: string | undefined;

  constructor(
    private readonly source: { venue: Venue; instruments: Instruments },
    private readonly tools: InstrumentTools,
    private readonly timing: InstrumentTiming,
  ) {
    this.backoff = new Backoff(timing.firstRetryMs, timing.maxRetryMs);
  }

  /** Resolves when the signal has aborted. */
  async run(signal: AbortSignal): Promise<void> {
    let wait = jittered(this.timing.firstMs);
    while (await pause(wait, signal)) {
      try {
        await this.runOnce(signal);
        this.backoff.reset();
        wait = this.timing.pollMs;
      } catch (error) {
        if (signal.aborted) return;
        const silentMs = error instanceof VenueError ? error.silentMs : 0;
        wait = Math.max(silentMs, this.backoff.next());
        this.warn(error, wait);
      }
    }
  }

  /**
   * Rejects with an error that stops the remaining requests; instruments stored earlier stay,
   * however old.
   */
  private async runOnce(signal: AbortSignal): Promise<void> {
    const { maxPerRequest } = this.source.instruments;
    const symbols = this.dueSymbols();
    let isWhole = symbols.length > 0;
    for (let at = 0; at < symbols.length; at += maxPerRequest) {
      const some = symbols.slice(at, at + maxPerRequest);
      try {
        await this.tools.store.save(await this.fetch(some, signal));
        this.putOff(some, jittered(this.timing.everyMs));
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        isWhole = false;
        // The others may be readable; these will hardly be within a minute.
        this.putOff(some, this.timing.maxRetryMs);
        this.warn(error, this.timing.maxRetryMs);
      }
    }
    if (isWhole) this.problem = undefined;
  }

  private dueSymbols(): string[] {
    const now = performance.now();
    return this.tools.claims.claimedMarkets
      .filter(({ venue }) => venue === this.source.venue)
      .map(({ symbol }) => symbol)
      .filter((symbol) => (this.due.get(symbol) ?? 0) <= now);
  }

  private putOff(symbols: readonly string[], forMs: number): void {
    const until = performance.now() + forMs;
    for (const symbol of symbols) this.due.set(symbol, until);
  }

  /** A venue may refuse a request because of one unknown symbol: then both halves are requested. */
  private async fetch(symbols: readonly string[], signal: AbortSignal): Promise<Instrument[]> {
    const { venue, instruments } = this.source;
    const request = instruments.fetch(symbols);
    try {
      return await this.tools.hosts.fetch(venue, request, "backfill", signal);
    } catch (error) {
      // A request without symbols is not refused because of one.
      if (!isRefused(error) || instruments.maxPerRequest === Infinity) throw error;
      if (symbols.length === 1) {
        const name = `${venue.name}:${symbols.join()}`;
        this.logger.debug(`The venue does not know ${name}: ${error.message}`);
        return [];
      }
    }
    const middle = Math.ceil(symbols.length / 2);
    return [
      ...(await this.fetch(symbols.slice(0, middle), signal)),
      ...(await this.fetch(symbols.slice(middle), signal)),
    ];
  }

  /** Logs each problem once, however long it lasts. */
  private warn(error: unknown, waitMs: number): void {
    const message = error instanceof Error ? error.message : String(error);
    if (this.problem !== message)
      this.logger.warn(
        `Instruments of ${this.source.venue.name} cannot be refreshed; next attempt in ${Math.ceil(waitMs / 1_000)} s: ${message}`,
      );
    this.problem = message;
  }
}

function isRefused(error: unknown): error is VenueError {
  return error instanceof VenueError && error.code === "refused";
}

function isUnreadable(error: unknown): boolean {
  return error instanceof VenueError && error.code === "unreadable";
}

/** 90–100 % of it, so that many processes do not send requests at the same time. */
function jittered(ms: number): number {
  return ms * (1 - Math.random() / 10);
}
