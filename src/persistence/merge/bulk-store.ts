import { setTimeout as sleep } from "node:timers/promises";
import { Inject, Injectable, Logger } from "@nestjs/common";
import { DataSource } from "typeorm";
import { CONFIG, type Config } from "../../config/config.js";
import type { Market } from "../../domain/market.js";
import { TapelineError, hasCode } from "../../domain/tapeline-error.js";
import type { Trade } from "../../domain/trade.js";
import { RecorderFigures } from "../figures/recorder-figures.js";
import { Backoff } from "../../waiting/backoff.js";
import {
  codeOf,
  isConnectionLost,
  isLostRace,
  isRefusedData,
} from "../schema/database-errors.js";
import { DATABASE, type Database } from "../schema/database.js";
import { Partitions, dayOf } from "../schema/partitions.js";
import { BulkLoad, type InTransaction } from "./bulk-load.js";
import { type FirstTrade, MarketRegistry } from "./market-registry.js";
import { IdConflictError, TapeWriter, marketGone } from "./tape-writer.js";
import type { KnownMarket } from "./write-batch.js";

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

/** The way of history past the topics, which are for what has to be told to everybody at once. */
@Injectable()
export class BulkStore {
  private readonly writer: TapeWriter;

  constructor(
    @Inject(CONFIG) { intervals }: Config,
    @Inject(DATABASE) private readonly database: Database,
    private readonly source: DataSource,
    private readonly markets: MarketRegistry,
    private readonly partitions: Partitions,
    private readonly figures: RecorderFigures,
  ) {
    this.writer = new TapeWriter(intervals);
  }

  /** Undefined before a market's first trade. */
  async known(market: Market): Promise<KnownMarket | undefined> {
    return (await this.markets.resolve([market], new Map())).get(market);
  }

  /** Trades older than this (epoch ms, the beginning of a day) are not kept; 0 where all are. */
  async horizon(): Promise<number> {
    const rows: { time: string }[] = await this.source.query(
      "SELECT time FROM horizon",
    );
    return Number(rows[0]?.time ?? 0);
  }

  /** How many of these trades of a market with dense ids are stored already. */
  async held(market: Market, trades: readonly Trade[]): Promise<number> {
    if (trades.length === 0) return 0;
    const rows: { held: number }[] = await this.source.query(
      `SELECT count(*)::integer AS held FROM market m, unnest($2::bigint[]) ord WHERE m.name = $1 AND m.covered @> ord`,
      [market, trades.map(({ ord }) => ord)],
    );
    return rows[0]?.held ?? 0;
  }

  /** Makes the market's row where there is none. Throws `load_refused` when it holds other trades than these. */
  async open(first: FirstTrade, signal: AbortSignal): Promise<MarketLoad> {
    const name = first.market;
    const resolved = await this.markets.resolve(
      [name],
      new Map([[name, first]]),
    );
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
        `the ids of ${name} do not count its trades: only its topic can store them`,
      );
    return new MarketLoad(
      () =>
        BulkLoad.open(
          this.database.url,
          this.writer,
          market,
          (reason, candles) => this.figures.revisions.inc({ reason }, candles),
        ),
      this.partitions,
      signal,
    );
  }
}

/** Loads history of one market; its methods must not overlap. Waits while the database is away, until the signal aborts. */
export class MarketLoad {
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
   * Stores trades with ascending ids; resolves with how many were new, once committed. Throws `load_refused`, after
   * which nothing of them is stored, or `horizon_passed`, after which their day has to be loaded whole.
   */
  async piece(trades: readonly Trade[], also: InTransaction): Promise<number> {
    return this.persistently(async () => {
      await this.partitions.ensure(
        new Set(trades.map(({ time }) => dayOf(time))),
      );
      return this.once((load) => load.piece(trades, also));
    });
  }

  /**
   * A whole day before the retention horizon: its candles and coverage are kept, its trades are not. `read` gives it
   * from its beginning each time that it is called.
   */
  async day(
    read: () => AsyncIterable<readonly Trade[]>,
    also: InTransaction,
  ): Promise<number> {
    return this.persistently(() => this.once((load) => load.day(read(), also)));
  }

  async close(): Promise<void> {
    this.signal.removeEventListener("abort", this.interrupt);
    await this.load?.close();
  }

  private async once<T>(work: (load: BulkLoad) => Promise<T>): Promise<T> {
    this.load ??= await this.connect();
    try {
      return await work(this.load);
    } catch (error) {
      if (error instanceof IdConflictError || isRefusedData(error))
        throw new TapelineError("load_refused", error.message, {
          cause: error,
        });
      if (canWriteLater(error) && !isLostRace(error)) {
        // Its connection may be what is broken.
        await this.load.close();
        this.load = undefined;
      }
      throw error;
    }
  }

  private async persistently<T>(attempt: () => Promise<T>): Promise<T> {
    const backoff = new Backoff(FIRST_RETRY_MS, MAX_RETRY_MS);
    for (;;) {
      this.signal.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        this.signal.throwIfAborted();
        if (!canWriteLater(error)) throw error;
        const waitMs = backoff.next();
        if (!isLostRace(error))
          this.logger.warn(
            `Cannot write, will retry in ${waitMs} ms: ${String(error)}`,
          );
        this.partitions.forget();
        await sleep(waitMs, undefined, { signal: this.signal });
      }
    }
  }
}

/** SQLSTATEs of a server that is away, full or locked, of a lost race, and of a table that retention has just dropped. */
const PASSING = /^(08(?!P01)...|53...|55P03|57...|40...|23514)$/;

/** Of the database; what the trades' source throws goes to whoever gave them. */
function canWriteLater(error: unknown): boolean {
  return (
    hasCode(error, "coverage_changed", "market_gone") ||
    isConnectionLost(error) ||
    PASSING.test(codeOf(error))
  );
}
