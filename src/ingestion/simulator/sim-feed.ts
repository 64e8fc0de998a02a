import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@nestjs/common";
import { type Interval, openTimeOf } from "../../domain/interval.js";
import { type Market, marketOf } from "../../domain/market.js";
import type { TapeRecord, Trade } from "../../domain/trade.js";
import { BulkSender } from "../../streaming/bulk-sender.js";
import type { Transport } from "../../streaming/transport.js";
import { SIMULATED_VENUE } from "../../venues/venues.js";
import type { FeedBoard } from "../feed/feed-board.js";
import type { Feed } from "../feed/feed.js";
import { Outbox } from "../feed/outbox.js";
import { Simulator, type SimulatorOptions } from "./simulator.js";

const TICK_MS = 100;
/** Trades of each symbol in one step of the history. */
const HISTORY_STEP_TRADES = 500;
/** Late trades that are held back; beyond, trades are not delayed. */
const MAX_HELD_TRADES = 100_000;
/** Stored within ten seconds on two busy cores; a higher rate gets a shorter history. */
const MAX_HISTORY_TRADES = 240_000;
const GRACE_MS = 2_000;
const STOP_LIMIT_MS = 5_000;

export interface SimFeedOptions extends SimulatorOptions {
  symbols: readonly string[];
  historyMs: number;
  interval: Interval;
  /** Why it runs; shown in the state of each of its markets. */
  reason: string;
}

interface Walker {
  symbol: string;
  market: Market;
  /** Number of the next trade. */
  next: number;
  clock: number;
}

/** The simulated venue: history first, then live trades from where it ended. */
export class SimFeed implements Feed {
  readonly problem = undefined;
  /** There is nothing to connect to. */
  readonly hasConnected = true;
  private readonly logger = new Logger("Feed sim");
  private readonly simulator: Simulator;
  private readonly walkers: Walker[];
  private readonly outbox: Outbox;
  private readonly held: { due: number; trade: Trade }[] = [];
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private started: Promise<void> | undefined;
  private full = false;

  constructor(
    private readonly options: SimFeedOptions,
    private readonly transport: Transport,
    private readonly board: FeedBoard,
  ) {
    this.simulator = new Simulator(options);
    const share = MAX_HISTORY_TRADES / options.symbols.length / options.rate;
    const from = Date.now() - Math.min(options.historyMs, share * 1_000);
    this.walkers = options.symbols.map((symbol) => ({
      symbol,
      market: marketOf(SIMULATED_VENUE, symbol),
      next: this.simulator.firstFrom(from),
      clock: 0,
    }));
    this.outbox = new Outbox(transport, () => (this.full = false));
    for (const { market } of this.walkers)
      board.set(market, "connecting", `${options.reason}; making history`, 0);
  }

  get markets(): readonly Market[] {
    return this.walkers.map(({ market }) => market);
  }

  start(): void {
    this.started ??= this.history()
      .catch((error: unknown) => {
        if (!this.stopping.signal.aborted)
          this.logger.error(
            `Sending the simulated history failed, live trades follow after a gap: ${String(error)}`,
          );
      })
      .then(() => {
        if (this.stopping.signal.aborted) return;
        for (const { market } of this.walkers)
          this.board.set(market, "live", this.options.reason, null);
        this.timer = setInterval(() => this.tick(), TICK_MS);
      });
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error("the feed is stopping"));
    await this.started;
    clearInterval(this.timer);
    await this.outbox.close(STOP_LIMIT_MS);
  }

  /** Sends the history to the bulk topic, all symbols in parallel in order of time. */
  private async history(): Promise<void> {
    const started = Date.now();
    const sender = new BulkSender(this.transport, this.stopping.signal);
    const total = this.walkers.reduce(
      (sum, { next }) => sum + this.simulator.firstFrom(started) - next,
      0,
    );
    let made = 0;
    for (;;) {
      const trades = this.due(Date.now(), HISTORY_STEP_TRADES, false);
      if (trades.length === 0) break;
      for (const trade of trades) sender.add(trade);
      made += trades.length;
      if (sender.isFull()) {
        await sender.flush();
        this.reportProgress(made, total);
        // Batches are made faster than they are written: let other work run.
        await sleep(0, undefined, { signal: this.stopping.signal });
      }
    }
    await sender.finish();
    if (made > HISTORY_STEP_TRADES)
      this.logger.log(
        `Made ${made} trades of simulated history in ${((Date.now() - started) / 1_000).toFixed(1)} s`,
      );
  }

  private reportProgress(made: number, total: number): void {
    const percent = Math.min(100, Math.floor((made / total) * 10) * 10);
    for (const { market } of this.walkers)
      this.board.set(
        market,
        "connecting",
        `${this.options.reason}; making history, ${percent} %`,
        percent / 100,
      );
  }

  private tick(): void {
    if (this.full) return;
    const now = Date.now();
    const records: TapeRecord[] = this.due(now, 2_000, true);
    for (let index = this.held.length - 1; index >= 0; index--) {
      const waiting = this.held[index];
      if (waiting === undefined || waiting.due > now) continue;
      this.held.splice(index, 1);
      records.push({ ...waiting.trade, receivedAt: now });
    }
    const boundary = openTimeOf(this.options.interval, now - GRACE_MS);
    for (const walker of this.walkers) {
      if (walker.clock >= boundary) continue;
      walker.clock = boundary;
      records.push({ market: walker.market, clock: boundary });
    }
    if (records.length > 0) this.full = !this.outbox.push(records);
  }

  /** Trades that are due, at most `limit` a symbol, with the configured faults. */
  private due(now: number, limit: number, live: boolean): Trade[] {
    const trades: Trade[] = [];
    for (const walker of this.walkers) {
      const { symbol, market } = walker;
      for (
        let count = 0;
        count < limit && this.simulator.timeOf(symbol, walker.next) <= now;
        count++
      ) {
        const n = walker.next++;
        const trade = this.simulator.trade(symbol, n, live ? now : undefined);
        const faults = this.simulator.faultsOf(symbol, n);
        walker.clock = Math.max(walker.clock, trade.time);
        if (live) this.board.traded(market, now);
        if (faults.missing) continue;
        if (faults.lateMs > 0 && live && this.held.length < MAX_HELD_TRADES) {
          this.held.push({ due: now + faults.lateMs, trade });
          continue;
        }
        const last = trades.at(-1);
        if (faults.early && last?.market === market) trades.splice(-1, 0, trade);
        else trades.push(trade);
        if (faults.duplicate) trades.push(trade);
      }
    }
    return trades;
  }
}
