import { setTimeout as sleep } from "node:timers/promises";
import { Inject, Injectable, Logger } from "@nestjs/common";
import type { PoolClient } from "pg";
import { DataSource } from "typeorm";
import { CONFIG, type Config } from "../../config/config.js";
import type { Candle } from "../../domain/candle.js";
import { hasCode } from "../../domain/tapeline-error.js";
import { type TapeRecord, type Trade, isClock } from "../../domain/trade.js";
import { Metrics } from "../../metrics/metrics.js";
import { Backoff } from "../../waiting/backoff.js";
import { MarketRegistry } from "../merge/market-registry.js";
import {
  IdConflictError,
  TapeWriter,
  type Written,
} from "../merge/tape-writer.js";
import type { KnownMarket } from "../merge/write-batch.js";
import { isLostRace, isRefusedData } from "../schema/database-errors.js";
import { Partitions } from "../schema/partitions.js";

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 5_000;

/** A record that can never be stored. `index` is its place in the batch. */
export interface RefusedRecord {
  index: number;
  reason: "id_conflict" | "kind_mismatch" | "refused_by_database";
  detail: string;
}

export interface Recorded {
  candles: Candle[];
  refusals: RefusedRecord[];
}

/** Records of a batch with their places in it. */
type Part = { record: TapeRecord; index: number }[];

/**
 * Stores batches whatever comes: waits while the database is away, repeats what lost a deadlock, and halves a batch
 * that the database refuses until the offender stands alone.
 */
@Injectable()
export class Recorder {
  private readonly logger = new Logger(Recorder.name);
  private readonly writer: TapeWriter;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly source: DataSource,
    private readonly markets: MarketRegistry,
    private readonly partitions: Partitions,
    private readonly metrics: Metrics,
  ) {
    this.writer = new TapeWriter(config.intervals);
  }

  /** Resolves when everything but the refusals is committed. Rejects only when `signal` aborts. */
  async record(
    records: readonly TapeRecord[],
    signal: AbortSignal,
  ): Promise<Recorded> {
    const recorded = new Map<string, Candle>();
    const refusals = new Map<number, RefusedRecord>();
    await this.part(
      records.map((record, index) => ({ record, index })),
      recorded,
      refusals,
      signal,
    );
    return {
      candles: [...recorded.values()],
      refusals: [...refusals.values()],
    };
  }

  private async part(
    part: Part,
    candles: Map<string, Candle>,
    refusals: Map<number, RefusedRecord>,
    signal: AbortSignal,
  ): Promise<void> {
    if (part.length === 0) return;
    const backoff = new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
    for (;;) {
      signal.throwIfAborted();
      try {
        // Parts are written one after the other: what a later one gives is newer.
        for (const candle of await this.attempt(part, refusals))
          candles.set(keyOf(candle), candle);
        return;
      } catch (error) {
        if (isRefusal(error)) {
          await this.narrow(part, error, candles, refusals, signal);
          return;
        }
        const cause = causeOf(error);
        this.metrics.writeRetries.inc({ cause });
        const waitMs = backoff.next();
        if (cause === "unavailable")
          this.logger.error(
            `Cannot write, will retry in ${waitMs} ms: ${String(error)}`,
          );
        // The database may have been replaced or restored meanwhile.
        this.markets.forget();
        this.partitions.forget();
        await sleep(waitMs, undefined, { signal });
      }
    }
  }

  /** One transaction for the part, less what its markets do not take. */
  private async attempt(
    part: Part,
    refusals: Map<number, RefusedRecord>,
  ): Promise<Candle[]> {
    const firstTrades = new Map<string, Trade>();
    for (const { record } of part)
      if (!isClock(record) && !firstTrades.has(record.market))
        firstTrades.set(record.market, record);
    const markets = await this.markets.resolve(
      part.map(({ record }) => record.market),
      firstTrades,
    );
    const misfits: Part = [];
    const records: TapeRecord[] = [];
    for (const entry of part) {
      const market = markets.get(entry.record.market);
      // A clock record of a market without a trade has nothing to close.
      if (market === undefined) continue;
      if (fits(entry.record, market)) records.push(entry.record);
      else misfits.push(entry);
    }
    await this.partitions.ensure(
      new Set(
        records.map((record) => (isClock(record) ? Date.now() : record.time)),
      ),
    );
    const written = await this.transaction(records, markets);
    for (const trade of written.conflicting) {
      const index = part.find(({ record }) => record === trade)
        ?.index as number;
      const detail = `id ${trade.id} of ${trade.market} is stored under another time than ${trade.time}`;
      refusals.set(index, { index, reason: "id_conflict", detail });
    }
    for (const misfit of misfits)
      refusals.set(misfit.index, await this.misfitRefusal(misfit, markets));
    return written.candles;
  }

  private async transaction(
    records: readonly TapeRecord[],
    markets: ReadonlyMap<string, KnownMarket>,
  ): Promise<Written> {
    const runner = this.source.createQueryRunner();
    const end = this.metrics.writeSeconds.startTimer();
    try {
      const written = await this.writer.write(
        (await runner.connect()) as PoolClient,
        records,
        markets,
      );
      end();
      this.metrics.trades.inc({ outcome: "stored" }, written.stored);
      this.metrics.trades.inc({ outcome: "duplicate" }, written.duplicates);
      this.metrics.trades.inc({ outcome: "late" }, written.late);
      this.metrics.trades.inc({ outcome: "expired" }, written.expired);
      for (const [reason, candles] of written.revised)
        this.metrics.revisions.inc({ reason }, candles);
      return written;
    } finally {
      await runner.release();
    }
  }

  /** Halves the offending markets' records, or refuses the single one that is left. The other markets' are stored whole. */
  private async narrow(
    part: Part,
    error: Error,
    candles: Map<string, Candle>,
    refusals: Map<number, RefusedRecord>,
    signal: AbortSignal,
  ): Promise<void> {
    const [only] = part;
    if (part.length === 1 && only !== undefined) {
      const reason =
        error instanceof IdConflictError ? error.code : "refused_by_database";
      refusals.set(only.index, {
        index: only.index,
        reason,
        detail: error.message,
      });
      return;
    }
    const offending =
      error instanceof IdConflictError
        ? part.filter(({ record }) => error.markets.includes(record.market))
        : part;
    const rest =
      offending.length === part.length
        ? []
        : part.filter((entry) => !offending.includes(entry));
    const half = Math.ceil(offending.length / 2);
    for (const piece of [
      rest,
      offending.slice(0, half),
      offending.slice(half),
    ]) {
      if (piece.length < part.length)
        await this.part(piece, candles, refusals, signal);
    }
  }

  private async misfitRefusal(
    { record, index }: Part[number],
    markets: ReadonlyMap<string, KnownMarket>,
  ): Promise<RefusedRecord> {
    const trade = record as Trade;
    const market = markets.get(trade.market) as KnownMarket;
    const rows: { overlaps: boolean }[] = await this.source.query(
      `SELECT covered && int8multirange(int8range($2::bigint, $2::bigint + $3::bigint)) AS overlaps FROM market WHERE id = $1`,
      [market.id, trade.ord, trade.count],
    );
    const overlaps = market.ids === "dense" && rows[0]?.overlaps === true;
    return {
      index,
      reason: overlaps ? "id_conflict" : "kind_mismatch",
      detail: `${trade.market} holds ${market.kind} trades with ${market.ids} ids; this one is ${trade.kind} with ${trade.ids} ids`,
    };
  }
}

function fits(record: TapeRecord, market: KnownMarket): boolean {
  return (
    isClock(record) ||
    (record.kind === market.kind && record.ids === market.ids)
  );
}

function keyOf({ market, interval, openTime }: Candle): string {
  return `${market} ${interval} ${openTime}`;
}

function isRefusal(error: unknown): error is Error {
  return error instanceof IdConflictError || isRefusedData(error);
}

/** For the metric. */
function causeOf(error: unknown): "deadlock" | "market_gone" | "unavailable" {
  if (hasCode(error, "market_gone")) return error.code;
  return isLostRace(error) ? "deadlock" : "unavailable";
}
