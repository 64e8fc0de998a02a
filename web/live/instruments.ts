import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Market } from "../../src/domain/market.js";
import type { MarketSummary } from "../../src/persistence/stores/market-store.js";

type Said = MarketSummary["instrument"];
type Load = (
  signal: AbortSignal,
) => Promise<readonly Pick<MarketSummary, "market" | "instrument">[]>;

/** After so long it is asked once more what is not known yet: a server that has just begun asks the venues within seconds. */
const AGAIN_MS: readonly number[] = [10_000, 60_000, 300_000];

/** What venues say of markets, as far as this page has asked. */
export class Instruments {
  private readonly held = new Map<Market, Signal<Said>>();

  /** Null where it is not known. */
  of(market: Market): ReadonlySignal<Said> {
    return this.signalOf(market);
  }

  /** Reads these markets', and a few times more while any is missing; a failure is as if it were. */
  read(load: Load, againMs = AGAIN_MS): { close: () => void } {
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
    void attempt(againMs);
    return {
      close: () => {
        abort.abort();
        clearTimeout(timer);
      },
    };
  }

  private signalOf(market: Market): Signal<Said> {
    let known = this.held.get(market);
    if (known === undefined) {
      known = signal<Said>(null);
      this.held.set(market, known);
    }
    return known;
  }
}
