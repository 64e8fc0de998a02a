import { Injectable, Logger } from "@nestjs/common";
import type { FeedCondition, FeedState } from "../../domain/feed-state.js";
import { type Market, splitMarket } from "../../domain/market.js";
import { isFlowing } from "../../domain/feed-watch.js";
import { Transport } from "../../streaming/transport.js";
import { VenueClocks } from "../../venues/clock/venue-clocks.js";
import { FeedFigures } from "./feed-figures.js";

const PUBLISH_EVERY_MS = 5_000;
const PUBLISH_LIMIT_MS = 4_000;
/** Log levels: `warn` where an operator has to act. */
const LEVELS: Record<FeedCondition, "warn" | "log" | "debug"> = {
  connecting: "debug",
  live: "log",
  quiet: "log",
  stale: "warn",
  down: "warn",
  stopped: "debug",
};

/** The state of every feed of this process, published to topic `feeds` on change and every 5 s. */
@Injectable()
export class FeedBoard {
  private readonly logger = new Logger("Feeds");
  private readonly states = new Map<Market, FeedState>();
  private readonly changed = new Set<Market>();
  private timer: NodeJS.Timeout | undefined;
  private scheduled: NodeJS.Immediate | undefined;
  private publishing: Promise<void> = Promise.resolve();

  constructor(
    private readonly transport: Transport,
    private readonly figures: FeedFigures,
    private readonly clocks: VenueClocks,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => {
      for (const market of this.states.keys()) this.changed.add(market);
      this.publishSoon();
    }, PUBLISH_EVERY_MS);
  }

  /**
   * Sets the loaded part (0–1) of a market's history; null when none is being loaded. Markets
   * without a state are ignored.
   */
  history(market: Market, part: number | null): void {
    const state = this.states.get(market);
    if (state === undefined || state.history === part) return;
    state.history = part;
    this.changed.add(market);
    this.publishSoon();
  }

  /** @param history as in `history`; unchanged when left out */
  set(
    market: Market,
    condition: FeedCondition,
    detail: string | null,
    history = this.states.get(market)?.history ?? null,
  ): void {
    const state = this.of(market);
    if (state.condition === condition && state.detail === detail && state.history === history)
      return;
    if (state.condition !== condition) {
      state.since = Date.now();
      const level = LEVELS[condition];
      this.logger[level](`${market} is ${condition}${detail === null ? "" : `: ${detail}`}`);
    }
    state.condition = condition;
    state.detail = detail;
    state.history = history;
    this.figures.up.set({ market }, isFlowing(state) ? 1 : 0);
    this.changed.add(market);
    this.publishSoon();
  }

  /** @param receivedAt by our own clock, epoch ms */
  traded(market: Market, receivedAt: number): void {
    this.of(market).lastTradeAt = receivedAt;
  }

  reconnected(market: Market): void {
    this.of(market).reconnects++;
  }

  refused(market: Market): void {
    this.of(market).refused++;
  }

  /** Publishes that no feed of this process follows its markets any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    for (const market of this.states.keys()) this.set(market, "stopped", "this process has ended");
    clearImmediate(this.scheduled);
    await this.publishing;
    await this.publish();
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
      history: null,
      lastTradeAt: null,
      reconnects: 0,
      refused: 0,
      clock: null,
    };
    this.states.set(market, state);
    return state;
  }

  /** Changes of one turn are published together; those during a publication, with the next. */
  private publishSoon(): void {
    this.scheduled ??= setImmediate(() => {
      this.publishing = this.publishing.then(() => {
        this.scheduled = undefined;
        return this.publish();
      });
    });
  }

  private async publish(): Promise<void> {
    const at = Date.now();
    const states = [...this.changed]
      .flatMap((market) => this.states.get(market) ?? [])
      .map((state) => {
        const clock = this.clocks.stateOf(splitMarket(state.market).venue);
        return { ...Object.assign(state, { at, clock }) };
      });
    this.changed.clear();
    const signal = AbortSignal.timeout(PUBLISH_LIMIT_MS);
    try {
      await this.transport.produce("feeds", states, { signal });
    } catch (error) {
      // The next publication follows in 5 s.
      this.logger.debug(`Feed states not published, will retry in 5 s: ${String(error)}`);
    }
  }
}
