import { setTimeout as sleep } from "node:timers/promises";
import { Inject, Injectable, Logger } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Market } from "../../domain/market.js";
import { TapelineError, hasCode } from "../../domain/tapeline-error.js";
import type { Trade } from "../../domain/trade.js";
import { RecorderFigures } from "../figures/recorder-figures.js";
import { Backoff } from "../../waiting/backoff.js";
import { codeOf, isConnectionLost, isLostRace, isRefusedData } from "../schema/database-errors.js";
import { DATABASE, type Database } from "../schema/database.js";
import { Partitions, dayOf } from "../schema/partitions.js";
import { BulkLoad, type InTransaction } from "./bulk-load.js";
import { type IdentifiedLine, sortedById } from "./line-sorter.js";
import { type FirstTrade, MarketRegistry } from "./market-registry.js";
import { IdConflictError, TapeWriter, marketGone } from "./tape-writer.js";
import type { KnownMarket } from "./write-batch.js";

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

/**
 * Loads history straight into the tables. It bypasses the topics, since no client waits for it
 * live.
 */
@Injectable()
export class HistoryLoader {
  private readonly writer = new TapeWriter();

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly source: DataSource,
    private readonly markets: MarketRegistry,
    private readonly partitions: Partitions,
    private readonly figures: RecorderFigures,
  ) {}

  /** Undefined before a market's first trade. */
  async known(market: Market): Promise<KnownMarket | undefined> {
    return (await this.markets.resolve([market], new Map())).get(market);
  }

  /** Trades older than this (epoch ms, the beginning of a day) are not kept; 0 where all are. */
  async horizon(): Promise<number> {
    const rows: { time: string }[] = await this.source.query("SELECT time FROM horizon");
    return Number(rows[0]?.time ?? 0);
  }

  /**
   * How many of these trades of a market with dense ids are stored already, or were dropped by
   * retention.
   */
  async countStored(market: Market, trades: readonly Trade[]): Promise<number> {
    if (trades.length === 0) return 0;
    const rows: { stored: number }[] = await this.source.query(
      `SELECT count(*)::integer AS stored FROM market m, unnest($2::bigint[]) ord WHERE m.name = $1 AND m.covered @> ord`,
      [market, trades.map(({ ord }) => ord)],
    );
    return rows[0]?.stored ?? 0;
  }

  /** Lines by ascending id, as `sortedById`. */
  sorted(pages: AsyncIterable<readonly IdentifiedLine[]>): AsyncGenerator<IdentifiedLine[]> {
    return sortedById(this.database.url, pages);
  }

  /**
   * Creates the market's row if there is none. Throws `load_refused` unless it holds dense ids and
   * the same kind of trades.
   */
  async open(first: FirstTrade, signal: AbortSignal): Promise<MarketHistoryLoad> {
    const name = first.market;
    const resolved = await this.markets.resolve([name], new Map([[name, first]]));
    const market = resolved.get(name);
    if (market === undefined) throw marketGone();
    if (market.kind !== first.kind || market.ids !== first.ids)
      throw new TapelineError(
        "load_refused",
        `${name} holds ${market.kind} trades with ${market.ids} ids; these are ${first.kind} with ${first.ids} ids`,
      );
    if (market.ids !== "dense")
      throw new TapelineError(
        "load_refused",
        `${name} has no dense ids: its trades can only be stored through the topic`,
      );
    return new MarketHistoryLoad(
      () =>
        BulkLoad.open(this.database.url, this.writer, market, (reason, candles) =>
          this.figures.revisions.inc({ reason }, candles),
        ),
      this.partitions,
      signal,
    );
  }
}

/**
 * Loads history of one market; its methods must not overlap. Retries while the database is
 * unavailable, until the signal aborts.
 */
export class MarketHistoryLoad {
  private readonly logger = new Logger("Backfill");
  private load: BulkLoad | undefined;
  private readonly interrupt = (): void => void this.load?.close();

  constructor(
    private readonly connect: () => Promise<BulkLoad>,
    private readonly partitions: Partitions,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener("abort", this.interrupt, { once: true });
  }

  /**
   * Stores trades with ascending ids; resolves with how many were new, once committed. Throws
   * `load_refused` when the database rejects them, or `horizon_passed` when their day can only be
   * loaded whole; nothing is stored then.
   */
  async storeTrades(trades: readonly Trade[], inSameTransaction: InTransaction): Promise<number> {
    return this.writeUntilDone(async () => {
      await this.partitions.ensure(new Set(trades.map(({ time }) => dayOf(time))));
      return this.withConnection((load) => load.storeTrades(trades, inSameTransaction));
    });
  }

  /** Those of these trades, with ascending ids, that contradict stored ones. */
  async contradictionsOf(trades: readonly Trade[]): Promise<Trade[]> {
    return this.writeUntilDone(() => this.withConnection((load) => load.contradictionsOf(trades)));
  }

  /**
   * Stores candles and coverage of a whole day before the retention horizon, without its trades.
   * Resolves with how many were new. Each call of `read` starts at the beginning of the day.
   */
  async storeDroppedDay(
    read: () => AsyncIterable<readonly Trade[]>,
    inSameTransaction: InTransaction,
  ): Promise<number> {
    return this.writeUntilDone(() =>
      this.withConnection((load) => load.storeDroppedDay(read(), inSameTransaction)),
    );
  }

  async close(): Promise<void> {
    this.signal.removeEventListener("abort", this.interrupt);
    await this.load?.close();
  }

  private async withConnection<T>(work: (load: BulkLoad) => Promise<T>): Promise<T> {
    this.load ??= await this.connect();
    try {
      return await work(this.load);
    } catch (error) {
      if (error instanceof IdConflictError || isRefusedData(error))
        throw new TapelineError("load_refused", error.message, {
          cause: error,
        });
      if (canRetry(error) && !isLostRace(error)) {
        // The connection may be broken.
        await this.load.close();
        this.load = undefined;
      }
      throw error;
    }
  }

  private async writeUntilDone<T>(write: () => Promise<T>): Promise<T> {
    const backoff = new Backoff(FIRST_RETRY_MS, MAX_RETRY_MS);
    for (;;) {
      this.signal.throwIfAborted();
      try {
        return await write();
      } catch (error) {
        this.signal.throwIfAborted();
        if (!canRetry(error)) throw error;
        const waitMs = backoff.next();
        if (!isLostRace(error))
          this.logger.warn(`Cannot write, will retry in ${waitMs} ms: ${String(error)}`);
        this.partitions.forget();
        await sleep(waitMs, undefined, { signal: this.signal });
      }
    }
  }
}

/**
 * SQLSTATEs of a server that is unavailable, full or locked, of a deadlock or serialization
 * failure, and of a table that retention has just dropped.
 */
const TRANSIENT = /^(08(?!P01)...|53...|55P03|57...|40...|23514)$/;

/** True for transient errors of the database; errors of the trades' source are the caller's. */
function canRetry(error: unknown): boolean {
  return (
    hasCode(error, "coverage_changed", "market_gone") ||
    isConnectionLost(error) ||
    TRANSIENT.test(codeOf(error))
  );
}
