import { type ReadonlySignal, signal } from "@preact/signals";
import type { Market } from "../../src/domain/market.js";
import type { Trade } from "../../src/domain/trade.js";
import { ExchangeClock } from "./exchange-clock.js";
import type { Feed } from "./feed.js";
import { type Schedule, nextFrame } from "./markets.js";
import { TradeList } from "./trade-list.js";

const MAX_TRADES = 2_000;

/** A market's newest trades, live; updated at most once per browser frame. */
export class TradeTape {
  readonly clock = new ExchangeClock();
  private readonly list = new TradeList(MAX_TRADES);
  private readonly newest = signal<readonly Trade[]>([]);
  private readonly failure = signal<string | undefined>(undefined);
  /** Trades queued for the next browser frame, or for the snapshot after a loss. */
  private waiting: Trade[] = [];
  private epoch: string | undefined;
  private isCurrent = false;
  private cancel: (() => void) | undefined;
  private readonly stop: () => void;

  constructor(
    feed: Pick<Feed, "follow">,
    market: Market,
    private readonly schedule: Schedule = nextFrame,
  ) {
    this.stop = feed.follow(
      { channel: "trades", market },
      {
        snapshot: (rows, { epoch }) => {
          this.list.resume(rows, epoch === this.epoch);
          this.epoch = epoch;
          this.isCurrent = true;
          this.failure.value = undefined;
          this.apply();
        },
        frame: (rows) => {
          this.clock.note(rows);
          this.waiting.push(...rows);
          if (this.isCurrent) this.cancel ??= this.schedule(() => this.apply());
          // A hidden page draws no frames.
          if (this.waiting.length > MAX_TRADES) this.waiting.splice(0, MAX_TRADES / 2);
        },
        stale: () => {
          if (this.isCurrent) this.apply();
          this.isCurrent = false;
        },
        refused: ({ detail }) => (this.failure.value = detail),
      },
    );
  }

  /** Newest first. */
  get trades(): ReadonlySignal<readonly Trade[]> {
    return this.newest;
  }

  get error(): ReadonlySignal<string | undefined> {
    return this.failure;
  }

  close(): void {
    this.stop();
    this.cancel?.();
  }

  private apply(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.list.merge(this.waiting.splice(0));
    this.newest.value = this.list.rows;
  }
}
