import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { TapelineError, hasCode } from "../../domain/tapeline-error.js";
import { type IdRange, multirangeOf } from "../../domain/ranges.js";
import type { Trade } from "../../domain/trade.js";
import { codeOf } from "../schema/database-errors.js";
import { transact } from "../schema/transaction.js";
import { copyText } from "./copy-text.js";
import { contradictingStaged } from "./contradictions.js";
import { type StoredColumns, storedColumns } from "./interval-columns.js";
import {
  COPY_STAGED,
  CREATE_STAGED,
  MARK_DROPPED,
  DELETE_COVERED,
  COPY_TRADES,
  foldDay,
} from "./staged-write.js";
import type { Statement } from "./statement.js";
import { type TapeWriter, lockMarkets } from "./tape-writer.js";
import type { KnownMarket } from "./write-batch.js";
import { type MergeInput, WRITE_COPIED, WRITE_FOLDED, WRITE_STAGED } from "./write-statement.js";

const STORED =
  "SELECT string_agg(interval::text, ',' ORDER BY interval) AS intervals FROM stored_interval";
/** Lines per chunk of COPY. */
const CHUNK_LINES = 2_000;
const UNIQUE_VIOLATION = "23505";

/**
 * Further writes in the transaction that stored `stored` new trades: all is committed, or nothing.
 */
export type InTransaction = (client: pg.ClientBase, stored: number) => Promise<void>;

type CountRevisions = (reason: string, candles: number) => void;

/** Another process has stored some of the same trades meanwhile; a retry stores only the rest. */
function coverageChanged(market: string): TapelineError {
  return new TapelineError(
    "coverage_changed",
    `the coverage of ${market} has changed during the load`,
  );
}

/**
 * Loads history of one market with dense ids over a separate connection: COPY, then a merge of
 * `write-statement.ts`. Does not retry: see `HistoryLoader`.
 */
export class BulkLoad {
  /** Revised candles per reason of the open transaction; counted once it is committed. */
  private revised: [reason: string, candles: number][] = [];

  private constructor(
    private readonly client: pg.Client,
    private readonly writer: TapeWriter,
    private readonly market: KnownMarket,
    private readonly countRevisions: CountRevisions,
  ) {}

  static async open(
    url: string,
    writer: TapeWriter,
    market: KnownMarket,
    countRevisions: CountRevisions,
  ): Promise<BulkLoad> {
    const client = new pg.Client({
      connectionString: url,
      application_name: "tapeline backfill",
      connectionTimeoutMillis: 5_000,
      // While a day's table is being filled the planner has no statistics of it.
      options: "-c timezone=UTC -c jit=off -c work_mem=64MB -c enable_seqscan=off",
    });
    // An idle connection's error would end the process; the next statement fails anyway.
    client.on("error", () => undefined);
    await client.connect();
    await client.query(CREATE_STAGED);
    return new BulkLoad(client, writer, market, countRevisions);
  }

  /** Idempotent. Aborts an open transaction, which is rolled back. */
  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  /** Those of these trades, with ascending ids, that contradict stored ones; changes nothing. */
  async contradictionsOf(trades: readonly Trade[]): Promise<Trade[]> {
    if (!(await this.isCovered(trades))) return [];
    return this.transaction(async () => {
      await this.copy(COPY_STAGED, [trades]);
      return contradictingStaged(this.client, trades);
    });
  }

  /**
   * Stores trades with ascending ids, whose days have tables; returns how many were new. Throws
   * `horizon_passed` when the first of them is older than the retention horizon.
   */
  async storeTrades(trades: readonly Trade[], inSameTransaction: InTransaction): Promise<number> {
    if (!(await this.isCovered(trades))) {
      try {
        return await this.transaction(() => this.copyAndMerge(trades, inSameTransaction));
      } catch (error) {
        // Another process stored some of them first, or a trade is stored under another id.
        const isStored = hasCode(error, "coverage_changed") || codeOf(error) === UNIQUE_VIOLATION;
        if (!isStored) throw error;
      }
    }
    return this.transaction(() => this.stageAndMerge(trades, inSameTransaction));
  }

  /**
   * For trades of which none is stored. COPY into `trade` takes most of the time, and runs before
   * the market is locked.
   */
  private async copyAndMerge(
    trades: readonly Trade[],
    inSameTransaction: InTransaction,
  ): Promise<number> {
    await this.copy(COPY_TRADES, [trades]);
    const { stored: intervals } = await this.requireWithinRetention(trades);
    if (await this.isCovered(trades)) throw coverageChanged(this.market.name);
    const times = trades.map(({ time }) => time);
    const { from, to } = idsOf(trades);
    const span = {
      market: this.market.id,
      firstTime: times.reduce((first, time) => Math.min(first, time), Infinity),
      lastTime: times.reduce((last, time) => Math.max(last, time), 0),
      fromId: String(from),
      toId: String(to),
    };
    const stored = await this.merge(WRITE_COPIED, span, intervals);
    await inSameTransaction(this.client, stored);
    return stored;
  }

  /**
   * For any trades: the merge leaves out stored ones. Holds the market's lock from the beginning.
   */
  private async stageAndMerge(
    trades: readonly Trade[],
    inSameTransaction: InTransaction,
  ): Promise<number> {
    const { horizon, stored: intervals } = await this.lock(trades);
    await this.copy(COPY_STAGED, [trades.filter(({ time }) => time >= horizon)]);
    let stored = await this.merge(WRITE_STAGED, {}, intervals);
    const expired = trades.filter(({ time }) => time < horizon);
    if (expired.length > 0) {
      await this.client.query("DELETE FROM staged");
      await this.copy(COPY_STAGED, [expired]);
      await this.fold(intervals);
      stored += await this.mergeFolded(intervals);
    }
    await inSameTransaction(this.client, stored);
    return stored;
  }

  /**
   * Stores candles and coverage of a whole day before the horizon, without its trades. Copies and
   * aggregates them before it locks the market, since live trades wait for the lock. Throws
   * `coverage_changed` when another process has stored some of them meanwhile.
   */
  async storeDroppedDay(
    pages: AsyncIterable<readonly Trade[]>,
    inSameTransaction: InTransaction,
  ): Promise<number> {
    return this.transaction(async () => {
      await this.client.query("SET LOCAL statement_timeout = 0");
      await this.copy(COPY_STAGED, pages);
      // As it is now: the merge can only use what the day was aggregated for.
      const intervals = await this.storedIntervals();
      await this.fold(intervals);
      const covered = await this.coverageOfStaged();
      await lockMarkets(this.client, [this.market.id]);
      if ((await this.coverageOfStaged()) !== covered) throw coverageChanged(this.market.name);
      const stored = await this.mergeFolded(intervals);
      await inSameTransaction(this.client, stored);
      return stored;
    });
  }

  private async copy(
    statement: string,
    pages: Iterable<readonly Trade[]> | AsyncIterable<readonly Trade[]>,
  ): Promise<void> {
    await pipeline(Readable.from(this.textOf(pages)), this.client.query(copyFrom(statement)));
  }

  private async *textOf(
    pages: Iterable<readonly Trade[]> | AsyncIterable<readonly Trade[]>,
  ): AsyncGenerator<string> {
    for await (const trades of pages)
      for (let at = 0; at < trades.length; at += CHUNK_LINES)
        yield copyText(trades.slice(at, at + CHUNK_LINES), this.market.id);
  }

  private async storedIntervals(): Promise<StoredColumns> {
    const { rows } = await this.client.query<{ intervals: string }>(STORED);
    return storedColumns(rows[0]?.intervals ?? "");
  }

  /** Throws `horizon_passed` when the first trade is older than the horizon. */
  private async lock(trades: readonly Trade[]): ReturnType<typeof lockMarkets> {
    const locked = await lockMarkets(this.client, [this.market.id]);
    const { horizon } = locked;
    if ((trades[0]?.time ?? horizon) < horizon)
      throw new TapelineError(
        "horizon_passed",
        `trades before ${new Date(horizon).toISOString()} are not kept`,
      );
    return locked;
  }

  /**
   * Locks. Throws `coverage_changed` when only later ones are older than the horizon, as times do
   * not strictly ascend: they are then staged instead.
   */
  private async requireWithinRetention(trades: readonly Trade[]): ReturnType<typeof lockMarkets> {
    const locked = await this.lock(trades);
    if (trades.some(({ time }) => time < locked.horizon)) throw coverageChanged(this.market.name);
    return locked;
  }

  private async isCovered(trades: readonly Trade[]): Promise<boolean> {
    const { rows } = await this.client.query<{ covered: boolean }>(
      `SELECT covered && $2::int8multirange AS covered FROM market WHERE id = $1`,
      [this.market.id, multirangeOf([idsOf(trades)])],
    );
    return rows[0]?.covered ?? false;
  }

  /** The market's coverage between the first and the last id of `staged`, a multirange. */
  private async coverageOfStaged(): Promise<string> {
    const { rows } = await this.client.query<{ covered: string | null }>(
      `SELECT (m.covered * int8multirange(int8range(s.id_from, s.id_to)))::text AS covered
       FROM market m, (SELECT min(ord) AS id_from, max(ord + count) AS id_to FROM staged) s WHERE m.id = $1`,
      [this.market.id],
    );
    return rows[0]?.covered ?? "{}";
  }

  private async fold({ base }: StoredColumns): Promise<void> {
    await this.client.query(DELETE_COVERED, [this.market.id]);
    for (const statement of foldDay(base)) await this.client.query(statement);
  }

  private async mergeFolded(intervals: StoredColumns): Promise<number> {
    const stored = await this.merge(WRITE_FOLDED, {}, intervals);
    await this.client.query(MARK_DROPPED);
    return stored;
  }

  private async merge<Parameter extends string>(
    statement: Statement<Parameter>,
    input: MergeInput<Parameter>,
    intervals: StoredColumns,
  ): Promise<number> {
    const { client, market } = this;
    const { stored, revised } = await this.writer.merge(
      client,
      statement,
      input,
      intervals,
      new Map([[market.id, 0]]),
      new Map([[market.name, market]]),
    );
    this.revised.push(...revised);
    return stored;
  }

  private async transaction<T>(work: () => Promise<T>): Promise<T> {
    this.revised = [];
    const result = await transact(this.client, work);
    for (const [reason, candles] of this.revised) this.countRevisions(reason, candles);
    return result;
  }
}

/** Raw ids of trades with ascending ids; the end is exclusive. */
function idsOf(trades: readonly Trade[]): IdRange {
  const last = trades.at(-1);
  const to = BigInt(last?.ord ?? 0) + BigInt(last?.count ?? 1);
  return { from: BigInt(trades[0]?.ord ?? 0), to };
}
