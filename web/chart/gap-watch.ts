import { type ReadonlySignal, signal } from "@preact/signals";
import type { Market } from "../../src/domain/market.js";
import type { Gap } from "../../src/persistence/stores/gaps/gap-store.js";
import { get, pathOf } from "../live/api.js";
import { PacedRead } from "../live/paced-read.js";

const PAGE = 1_000;
/** Minimum time between reads, however many candles become incomplete. */
const MIN_INTERVAL_MS = 2_000;

/** A market's gaps; reloaded whenever the completeness of a candle has changed. */
export class GapWatch {
  private readonly held = signal<readonly Gap[]>([]);
  private readonly reading = new PacedRead(MIN_INTERVAL_MS, (abort) => this.read(abort));

  constructor(private readonly market: Market) {
    this.changed();
  }

  get gaps(): ReadonlySignal<readonly Gap[]> {
    return this.held;
  }

  changed(): void {
    this.reading.changed();
  }

  close(): void {
    this.reading.close();
  }

  private async read(abort: AbortSignal): Promise<void> {
    const gaps: Gap[] = [];
    try {
      let page: Gap[];
      do {
        const after = gaps.at(-1)?.toId;
        page = await get<Gap[]>(pathOf(this.market, "gaps"), { limit: PAGE, after }, abort);
        gaps.push(...page);
      } while (page.length === PAGE);
      this.held.value = gaps;
    } catch {
      // The candles themselves are marked incomplete; the next change retries.
    }
  }
}
