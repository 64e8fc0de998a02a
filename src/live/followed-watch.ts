import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from "@nestjs/common";
import { isFollowed } from "../domain/feed-watch.js";
import { FeedStateStore } from "../persistence/stores/feed-state-store.js";
import { pause } from "../waiting/pause.js";
import { LiveRooms } from "./live-rooms.js";
import { TickerBoard } from "./ticker-board.js";

/** As often as feeds report. */
const EVERY_MS = 5_000;

/**
 * Tells the ticker board which markets are followed: a feed that stops sends no candle that would
 * show it, hence tickers that become stale are sent from here.
 */
@Injectable()
export class FollowedWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(FollowedWatch.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly feeds: FeedStateStore,
    private readonly board: TickerBoard,
    private readonly rooms: LiveRooms,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    do {
      try {
        const now = Date.now();
        const states = (await this.feeds.all()).filter((state) => isFollowed(state, now));
        this.rooms.tickers(this.board.follow(new Set(states.map(({ market }) => market))));
      } catch (error) {
        // While the database is away nobody is known to follow, and nothing changes.
        this.logger.debug(`Cannot read the feeds' states, will retry: ${String(error)}`);
      }
    } while (await pause(EVERY_MS, signal));
  }
}
