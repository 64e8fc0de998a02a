import { type ReadonlySignal, signal } from "@preact/signals";
import type { Market } from "../../src/domain/market.js";
import type { Gap } from "../../src/persistence/stores/gap-store.js";
import { get, pathOf } from "../live/api.js";
import { PacedRead } from "../live/paced-read.js";

const PAGE = 1_000;
/** Asked for at most this often, however many candles say that something is missing. */
const EVERY_MS = 2_000;

/** A market's gaps; read again whenever completeness is said to have changed. */
export class GapWatch {
  private readonly held = signal<readonly Gap[]>([]);
  private readonly reading = new PacedRead(EVERY_MS, (abort) =>
    this.read(abort),
  );

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
        page = await get<Gap[]>(
          pathOf(this.market, "gaps"),
          { limit: PAGE, after },
          abort,
        );
        gaps.push(...page);
      } while (page.length === PAGE);
      this.held.value = gaps;
    } catch {
      // The candles say for themselves that they are incomplete; the next change asks again.
    }
  }
}
