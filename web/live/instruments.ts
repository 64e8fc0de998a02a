import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Market } from "../../src/domain/market.js";
import type { MarketSummary } from "../../src/persistence/stores/market-store.js";

type InstrumentOrNull = MarketSummary["instrument"];
type Load = (
  signal: AbortSignal,
) => Promise<readonly Pick<MarketSummary, "market" | "instrument">[]>;

/**
 * Delays of the retries for missing instruments: a server fetches them from the venues within
 * seconds of its start.
 */
const RETRIES_MS: readonly number[] = [10_000, 60_000, 300_000];

/** The instruments of the markets that this page has requested. */
export class Instruments {
  private readonly held = new Map<Market, Signal<InstrumentOrNull>>();

  /** Null while unknown. */
  of(market: Market): ReadonlySignal<InstrumentOrNull> {
    return this.signalOf(market);
  }

  /** Loads instruments, and retries after `retriesMs` while any is missing or the load fails. */
  read(load: Load, retriesMs = RETRIES_MS): { close: () => void } {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const attempt = async ([next, ...later]: readonly number[]) => {
      let isWhole = false;
      try {
        const rows = await load(abort.signal);
        if (abort.signal.aborted) return;
        for (const { market, instrument } of rows)
          if (instrument !== null) this.signalOf(market).value = instrument;
        isWhole = rows.every(({ instrument }) => instrument !== null);
      } catch {
        // Digits are then taken from the prices.
      }
      if (!isWhole && next !== undefined && !abort.signal.aborted)
        timer = setTimeout(() => void attempt(later), next);
    };
    void attempt(retriesMs);
    return {
      close: () => {
        abort.abort();
        clearTimeout(timer);
      },
    };
  }

  private signalOf(market: Market): Signal<InstrumentOrNull> {
    let known = this.held.get(market);
    if (known === undefined) {
      known = signal<InstrumentOrNull>(null);
      this.held.set(market, known);
    }
    return known;
  }
}
