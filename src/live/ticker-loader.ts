import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from "@nestjs/common";
import type { Market } from "../domain/market.js";
import { CandleStore } from "../persistence/stores/candles/candle-store.js";
import { MarketStore } from "../persistence/stores/market-store.js";
import { Backoff } from "../waiting/backoff.js";
import { within } from "../waiting/limit.js";
import { pause } from "../waiting/pause.js";
import { LiveRooms } from "./live-rooms.js";
import { TickerBoard } from "./ticker-board.js";
import { WINDOW_MINUTES } from "./ticker.js";

/** All markets are reloaded this often, which repairs missed events. */
const REFRESH_MS = 300_000;
/** Maximum time that a request waits for the first load. */
const FIRST_LOAD_MS = 5_000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

/** Fills the ticker board from the store: at start, for new markets, and periodically. */
@Injectable()
export class TickerLoader implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(TickerLoader.name);
  private readonly stopping = new AbortController();
  private woken = new AbortController();
  private allRequested = true;
  private readonly requested = new Set<Market>();
  private running: Promise<void> = Promise.resolve();
  private markLoaded: () => void = () => undefined;
  private readonly firstLoad = new Promise<void>((done) => {
    this.markLoaded = done;
  });

  constructor(
    private readonly markets: MarketStore,
    private readonly candles: CandleStore,
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

  /**
   * Whether the board has every market's last day; waits up to `FIRST_LOAD_MS` for the first load.
   */
  loaded(): Promise<boolean> {
    return within(FIRST_LOAD_MS, this.firstLoad);
  }

  /** Schedules a load of this market's last day, or of every market's. */
  request(market?: Market): void {
    if (market === undefined) this.allRequested = true;
    else this.requested.add(market);
    this.woken.abort();
  }

  private async run(): Promise<void> {
    const backoff = new Backoff(FIRST_RETRY_MS, MAX_RETRY_MS);
    while (!this.stopping.signal.aborted) {
      this.woken = new AbortController();
      try {
        await this.load();
        this.markLoaded();
        backoff.reset();
      } catch (error) {
        const waitMs = backoff.next();
        this.logger.warn(
          `Cannot load the last day of the tickers, will retry in ${waitMs} ms: ${String(error)}`,
        );
        if (await pause(waitMs, this.stopping.signal)) this.allRequested = true;
        continue;
      }
      if (this.requested.size > 0) continue;
      const wake = AbortSignal.any([this.stopping.signal, this.woken.signal]);
      if (await pause(REFRESH_MS, wake)) this.allRequested = true;
    }
  }

  private async load(): Promise<void> {
    if (this.allRequested) {
      for (const { market, lastTradeTime } of await this.markets.all())
        if (lastTradeTime !== null) this.requested.add(market);
      this.allRequested = false;
    }
    for (const market of [...this.requested]) {
      if (this.stopping.signal.aborted) return;
      let changed = false;
      for (const minute of await this.candles.page({
        market,
        interval: "1m",
        limit: WINDOW_MINUTES,
      })) {
        if (this.board.put(minute)) changed = true;
      }
      this.requested.delete(market);
      if (changed) this.rooms.tickers([market]);
    }
  }
}
