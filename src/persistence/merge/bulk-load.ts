import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { TapelineError, hasCode } from "../../domain/tapeline-error.js";
import { type IdRange, multirangeOf } from "../../domain/ranges.js";
import type { Trade } from "../../domain/trade.js";
import { codeOf } from "../schema/database-errors.js";
import { sqlFile } from "../schema/sql-file.js";
import { transact } from "../schema/transaction.js";
import { copyText } from "./copy-text.js";
import {
  COPY_STAGED,
  CREATE_STAGED,
  DROP_FOLDED,
  FORGET_COVERED,
  COPY_TRADES,
  foldDay,
} from "./staged-write.js";
import type { Statement } from "./statement.js";
import { type TapeWriter, marketGone } from "./tape-writer.js";
import type { KnownMarket } from "./write-batch.js";
import {
  type MergeInput,
  WRITE_COPIED,
  WRITE_FOLDED,
  WRITE_STAGED,
} from "./write-statement.js";

const LOCK = sqlFile(import.meta.url, "lock-markets.sql");
/** Lines handed to COPY at once. */
const LINES = 2_000;
const UNIQUE_VIOLATION = "23505";

/** More to write in the same transaction: all of it is stored, or nothing. */
export type InTransaction = (
  client: pg.ClientBase,
  stored: number,
) => Promise<void>;

type CountRevisions = (reason: string, candles: number) => void;

/** Somebody else has loaded some of it at the same time: load it again, and only the rest is new. */
function coverageChanged(market: string): TapelineError {
  return new TapelineError(
    "coverage_changed",
    `the coverage of ${market} has changed meanwhile`,
  );
}

/**
 * History of one market with dense ids, past the topics, over a connection of its own: COPY into a table of the
 * transaction, then a merge of `write-statement.ts`. Knows no retries: see `BulkStore`.
 */
export class BulkLoad {
  /** Of the transaction under way. */
  private revised: [reason: string, candles: number][] = [];

  private constructor(
    private readonly client: pg.Client,
    private readonly writer: TapeWriter,
    private readonly market: KnownMarket,
    private readonly count: CountRevisions,
  ) {}

  static async open(
    url: string,
    writer: TapeWriter,
    market: KnownMarket,
    count: CountRevisions,
  ): Promise<BulkLoad> {
    const client = new pg.Client({
      connectionString: url,
      application_name: "tapeline backfill",
      connectionTimeoutMillis: 5_000,
      // A day's table may be without statistics while it is filled.
      options:
        "-c timezone=UTC -c jit=off -c work_mem=64MB -c enable_seqscan=off",
    });
    // A connection that breaks while idle is found broken by the next statement.
    client.on("error", () => undefined);
    await client.connect();
    await client.query(CREATE_STAGED);
    return new BulkLoad(client, writer, market, count);
  }

  /** Idempotent. Ends what is under way, which is then rolled back. */
  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  /**
   * Stores trades with ascending ids, whose days have tables; returns how many were new.
   * Throws `horizon_passed` when the first of them is not kept any more.
   */
  async piece(trades: readonly Trade[], also: InTransaction): Promise<number> {
    if (!(await this.isCovered(trades))) {
      try {
        return await this.transaction(() => this.copied(trades, also));
      } catch (error) {
        // Somebody was faster, or a trade is stored under another id.
        const isKnown =
          hasCode(error, "coverage_changed") ||
          codeOf(error) === UNIQUE_VIOLATION;
        if (!isKnown) throw error;
      }
    }
    return this.transaction(() => this.staged(trades, also));
  }

  /** Of trades that nobody has: straight into their table, which takes most of the time, and only then the lock. */
  private async copied(
    trades: readonly Trade[],
    also: InTransaction,
  ): Promise<number> {
    await this.copy(COPY_TRADES, [trades]);
    await this.requireKept(trades);
    if (await this.isCovered(trades)) throw coverageChanged(this.market.name);
    const times = trades.map(({ time }) => time);
    const { from, to } = idsOf(trades);
    const stored = await this.merge(WRITE_COPIED, {
      market: this.market.id,
      firstTime: times.reduce((least, time) => Math.min(least, time), Infinity),
      lastTime: times.reduce((most, time) => Math.max(most, time), 0),
      fromId: String(from),
      toId: String(to),
    });
    await also(this.client, stored);
    return stored;
  }

  private async staged(
    trades: readonly Trade[],
    also: InTransaction,
  ): Promise<number> {
    const horizon = await this.horizonFor(trades);
    await this.copy(COPY_STAGED, [
      trades.filter(({ time }) => time >= horizon),
    ]);
    let stored = await this.merge(WRITE_STAGED, {});
    const stragglers = trades.filter(({ time }) => time < horizon);
    if (stragglers.length > 0) {
      await this.client.query("DELETE FROM staged");
      await this.copy(COPY_STAGED, [stragglers]);
      await this.fold();
      stored += await this.mergeFolded();
    }
    await also(this.client, stored);
    return stored;
  }

  /**
   * A whole day before the horizon: candles and coverage, without its trades. What takes long is done before the
   * market is locked, since its live trades wait for that. Throws `coverage_changed` when somebody else has loaded
   * some of it meanwhile.
   */
  async day(
    pages: AsyncIterable<readonly Trade[]>,
    also: InTransaction,
  ): Promise<number> {
    return this.transaction(async () => {
      await this.client.query("SET LOCAL statement_timeout = 0");
      await this.copy(COPY_STAGED, pages);
      await this.fold();
      const held = await this.heldOfStaged();
      await this.lock();
      if ((await this.heldOfStaged()) !== held)
        throw coverageChanged(this.market.name);
      const stored = await this.mergeFolded();
      await also(this.client, stored);
      return stored;
    });
  }

  private async copy(
    statement: string,
    pages: Iterable<readonly Trade[]> | AsyncIterable<readonly Trade[]>,
  ): Promise<void> {
    await pipeline(
      Readable.from(this.textOf(pages)),
      this.client.query(copyFrom(statement)),
    );
  }

  private async *textOf(
    pages: Iterable<readonly Trade[]> | AsyncIterable<readonly Trade[]>,
  ): AsyncGenerator<string> {
    for await (const trades of pages)
      for (let at = 0; at < trades.length; at += LINES)
        yield copyText(trades.slice(at, at + LINES), this.market.id);
  }

  /** Returns the horizon, which cannot move until this transaction ends. */
  private async lock(): Promise<number> {
    const { rows } = await this.client.query<{ horizon: string }>(LOCK, [
      [this.market.id],
    ]);
    if (rows[0] === undefined) throw marketGone();
    return Number(rows[0].horizon);
  }

  /** Locks. */
  private async horizonFor(trades: readonly Trade[]): Promise<number> {
    const horizon = await this.lock();
    if ((trades[0]?.time ?? horizon) < horizon)
      // Their day can only be loaded whole, and is not kept.
      throw new TapelineError(
        "horizon_passed",
        `trades before ${new Date(horizon).toISOString()} are not kept`,
      );
    return horizon;
  }

  /** Locks. Trades a little behind others may be of a day that is not kept. */
  private async requireKept(trades: readonly Trade[]): Promise<void> {
    const horizon = await this.horizonFor(trades);
    if (trades.some(({ time }) => time < horizon))
      throw coverageChanged(this.market.name);
  }

  private async isCovered(trades: readonly Trade[]): Promise<boolean> {
    const { rows } = await this.client.query<{ covered: boolean }>(
      `SELECT covered && $2::int8multirange AS covered FROM market WHERE id = $1`,
      [this.market.id, multirangeOf([idsOf(trades)])],
    );
    return rows[0]?.covered ?? false;
  }

  /** Coverage between the first and the last id of `staged`. */
  private async heldOfStaged(): Promise<string> {
    const { rows } = await this.client.query<{ held: string | null }>(
      `SELECT (m.covered * int8multirange(int8range(s.id_from, s.id_to)))::text AS held
       FROM market m, (SELECT min(ord) AS id_from, max(ord + count) AS id_to FROM staged) s WHERE m.id = $1`,
      [this.market.id],
    );
    return rows[0]?.held ?? "{}";
  }

  private async fold(): Promise<void> {
    await this.client.query(FORGET_COVERED, [this.market.id]);
    for (const statement of foldDay(this.writer.base))
      await this.client.query(statement);
  }

  private async mergeFolded(): Promise<number> {
    const stored = await this.merge(WRITE_FOLDED, {});
    await this.client.query(DROP_FOLDED);
    return stored;
  }

  private async merge<Parameter extends string>(
    statement: Statement<Parameter>,
    input: MergeInput<Parameter>,
  ): Promise<number> {
    const { client, market } = this;
    const { stored, revised } = await this.writer.merge(
      client,
      statement,
      input,
      new Map([[market.id, 0]]),
      new Map([[market.name, market]]),
    );
    this.revised.push(...revised);
    return stored;
  }

  private async transaction<T>(work: () => Promise<T>): Promise<T> {
    this.revised = [];
    const result = await transact(this.client, work);
    for (const [reason, candles] of this.revised) this.count(reason, candles);
    return result;
  }
}

/** From the first raw id of trades that ascend to behind the last. */
function idsOf(trades: readonly Trade[]): IdRange {
  const last = trades.at(-1);
  const to = BigInt(last?.ord ?? 0) + BigInt(last?.count ?? 1);
  return { from: BigInt(trades[0]?.ord ?? 0), to };
}
