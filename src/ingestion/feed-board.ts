import { Logger } from "@nestjs/common";
import type { FeedCondition, FeedState } from "../domain/feed-state.js";
import type { Market } from "../domain/market.js";
import type { Metrics } from "../metrics.js";
import type { Transport } from "../streaming/transport.js";

const EVERY_MS = 5_000;

/** The state of every feed of this process, written to topic `feeds` on change and every five seconds. */
export class FeedBoard {
  private readonly logger = new Logger("Feeds");
  private readonly states = new Map<Market, FeedState>();
  private readonly changed = new Set<Market>();
  private timer: NodeJS.Timeout | undefined;
  private soon: NodeJS.Immediate | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly metrics: Metrics,
  ) {}

  start(): void {
    this.timer ??= setInterval(
      () => void this.publish([...this.states.keys()]),
      EVERY_MS,
    );
  }

  conditionOf(market: Market): FeedCondition | undefined {
    return this.states.get(market)?.condition;
  }

  set(market: Market, condition: FeedCondition, detail: string | null): void {
    const state = this.of(market);
    if (state.condition === condition && state.detail === detail) return;
    if (state.condition !== condition) {
      state.since = Date.now();
      const level =
        condition === "down" || condition === "stale" ? "warn" : "log";
      this.logger[level](
        `${market} is ${condition}${detail === null ? "" : `: ${detail}`}`,
      );
    }
    state.condition = condition;
    state.detail = detail;
    this.metrics.feedUp.set(
      { market },
      condition === "live" || condition === "quiet" ? 1 : 0,
    );
    this.changed.add(market);
    this.soon ??= setImmediate(() => {
      this.soon = undefined;
      void this.publish([...this.changed]);
    });
  }

  traded(market: Market, time: number): void {
    this.of(market).lastTradeAt = time;
  }

  reconnected(market: Market): void {
    this.of(market).reconnects++;
  }

  refused(market: Market): void {
    this.of(market).refused++;
  }

  /** Says that nobody follows these markets from here any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    for (const market of this.states.keys())
      this.set(market, "stopped", "this process has ended");
    clearImmediate(this.soon);
    await this.publish([...this.states.keys()]);
  }

  private of(market: Market): FeedState {
    const known = this.states.get(market);
    if (known !== undefined) return known;
    const now = Date.now();
    const state: FeedState = {
      market,
      condition: "connecting",
      since: now,
      at: now,
      detail: null,
      lastTradeAt: null,
      reconnects: 0,
      refused: 0,
    };
    this.states.set(market, state);
    return state;
  }

  private async publish(markets: readonly Market[]): Promise<void> {
    const now = Date.now();
    const states = markets
      .flatMap((market) => this.states.get(market) ?? [])
      .map((state) => Object.assign(state, { at: now }));
    this.changed.clear();
    try {
      await this.transport.produce(
        "feeds",
        states.map((state) => ({ ...state })),
      );
    } catch (error) {
      // The next round is five seconds away.
      this.logger.debug(`Feed states not published: ${String(error)}`);
    }
  }
}
