import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from "@nestjs/common";
import { isFollowed } from "../domain/feed-watch.js";
import type { Interval } from "../domain/interval.js";
import { FeedStateStore } from "../persistence/stores/feed-state-store.js";
import { UnbuiltStore } from "../persistence/stores/unbuilt-store.js";
import { repeat } from "../waiting/repeat.js";
import { LiveRooms } from "./live-rooms.js";
import { TickerBoard } from "./ticker-board.js";

/** As often as feeds report. */
const EVERY_MS = 5_000;

/**
 * Looks in the store for what no record of the topics tells clients:
 *
 * - which markets are followed: a feed that stops sends no candle that would show it, hence tickers
 *   that become stale are sent from here;
 * - that candles of an interval have been built: those that nobody had seen before are not
 *   published, since a year of them would flood every client. Its clients subscribe again.
 */
@Injectable()
export class StoreWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(StoreWatch.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private lacking: ReadonlySet<Interval> = new Set();

  constructor(
    private readonly feeds: FeedStateStore,
    private readonly unbuilt: UnbuiltStore,
    private readonly board: TickerBoard,
    private readonly rooms: LiveRooms,
  ) {}

  onApplicationBootstrap(): void {
    this.running = repeat(
      EVERY_MS,
      this.stopping.signal,
      () => this.look(),
      // While the database is away nothing changes.
      (error) => this.logger.debug(`Cannot look in the store, will retry: ${String(error)}`),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async look(): Promise<void> {
    const [states, lacking] = await Promise.all([this.feeds.all(), this.unbuilt.lacking()]);
    const now = Date.now();
    const followed = states.filter((state) => isFollowed(state, now));
    this.rooms.tickers(this.board.follow(new Set(followed.map(({ market }) => market))));
    this.note(new Set(lacking));
  }

  private note(lacking: ReadonlySet<Interval>): void {
    const built = new Set([...this.lacking].filter((interval) => !lacking.has(interval)));
    this.lacking = lacking;
    if (built.size > 0)
      this.rooms.resync((channel) => channel.channel === "candles" && built.has(channel.interval));
  }
}
