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
  /** Between looks at which markets are due. */
  lookMs: number;
  /** From a failure to the next attempt; it doubles up to the longest. */
  firstRetryMs: number;
  longestRetryMs: number;
}

export interface InstrumentTools {
  claims: Pick<MarketClaims, "mine">;
  hosts: Pick<VenueHosts, "ask">;
  store: Pick<InstrumentStore, "save">;
}

/** One venue's instruments, of the markets that are this process's. */
export class VenueInstruments {
  private readonly logger = new Logger("Instruments");
  /** When a symbol is asked for again, by the monotonic clock (ms); at once where nothing is said. */
  private readonly due = new Map<string, number>();
  private readonly backoff: Backoff;
  private problem: string | undefined;

  constructor(
    private readonly asked: { venue: Venue; instruments: Instruments },
    private readonly tools: InstrumentTools,
    private readonly timing: InstrumentTiming,
  ) {
    this.backoff = new Backoff(timing.firstRetryMs, timing.longestRetryMs);
  }

  /** Resolves when the signal has aborted. */
  async run(signal: AbortSignal): Promise<void> {
    let wait = jittered(this.timing.firstMs);
    while (await pause(wait, signal)) {
      try {
        await this.round(signal);
        this.backoff.reset();
        wait = this.timing.lookMs;
      } catch (error) {
        if (signal.aborted) return;
        const silentMs = error instanceof VenueError ? error.silentMs : 0;
        wait = Math.max(silentMs, this.backoff.next());
        this.warn(error, wait);
      }
    }
  }

  /** Rejects with what keeps all that are left from being asked for; what is stored already stays, however old. */
  private async round(signal: AbortSignal): Promise<void> {
    const { maximum } = this.asked.instruments;
    const symbols = this.dueSymbols();
    let isWhole = symbols.length > 0;
    for (let at = 0; at < symbols.length; at += maximum) {
      const some = symbols.slice(at, at + maximum);
      try {
        await this.tools.store.save(await this.ask(some, signal));
        this.putOff(some, jittered(this.timing.everyMs));
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        isWhole = false;
        // The others may be readable, and these will hardly be in a minute.
        this.putOff(some, this.timing.longestRetryMs);
        this.warn(error, this.timing.longestRetryMs);
      }
    }
    if (isWhole) this.problem = undefined;
  }

  private dueSymbols(): string[] {
    const now = performance.now();
    return this.tools.claims.mine
      .filter(({ venue }) => venue === this.asked.venue)
      .map(({ symbol }) => symbol)
      .filter((symbol) => (this.due.get(symbol) ?? 0) <= now);
  }

  private putOff(symbols: readonly string[], forMs: number): void {
    const until = performance.now() + forMs;
    for (const symbol of symbols) this.due.set(symbol, until);
  }

  /** A venue that refuses a request for one symbol it does not know is asked for both halves of them. */
  private async ask(
    symbols: readonly string[],
    signal: AbortSignal,
  ): Promise<Instrument[]> {
    const { venue, instruments } = this.asked;
    const request = instruments.fetch(symbols);
    try {
      return await this.tools.hosts.ask(venue, request, "backfill", signal);
    } catch (error) {
      // A request that names no symbol is not refused for one.
      if (!isRefused(error) || instruments.maximum === Infinity) throw error;
      if (symbols.length === 1) {
        const name = `${venue.name}:${symbols.join()}`;
        this.logger.debug(
          `The venue knows nothing of ${name}: ${error.message}`,
        );
        return [];
      }
    }
    const middle = Math.ceil(symbols.length / 2);
    return [
      ...(await this.ask(symbols.slice(0, middle), signal)),
      ...(await this.ask(symbols.slice(middle), signal)),
    ];
  }

  /** Each problem once, however long it stays. */
  private warn(error: unknown, waitMs: number): void {
    const message = error instanceof Error ? error.message : String(error);
    if (this.problem !== message)
      this.logger.warn(
        `Instruments of ${this.asked.venue.name} cannot be refreshed; next attempt in ${Math.ceil(waitMs / 1_000)} s: ${message}`,
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

/** Nine tenths to all of it, so that many processes do not ask in step. */
function jittered(ms: number): number {
  return ms * (1 - Math.random() / 10);
}
