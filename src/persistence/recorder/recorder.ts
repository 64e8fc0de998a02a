import { setTimeout as sleep } from "node:timers/promises";
import { Injectable, Logger } from "@nestjs/common";
import type { PoolClient } from "pg";
import { DataSource } from "typeorm";
import type { Candle } from "../../domain/candle.js";
import { hasCode } from "../../domain/tapeline-error.js";
import { type TapeRecord, type Trade, isClock } from "../../domain/trade.js";
import { RecorderFigures } from "../figures/recorder-figures.js";
import { Backoff } from "../../waiting/backoff.js";
import { MarketRegistry } from "../merge/market-registry.js";
import { IdConflictError, TapeWriter, type Written } from "../merge/tape-writer.js";
import type { KnownMarket } from "../merge/write-batch.js";
import { isLostRace, isRefusedData } from "../schema/database-errors.js";
import { Partitions } from "../schema/partitions.js";

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 5_000;

/** A record that can never be stored. `index` is its position in the batch. */
export interface RefusedRecord {
  index: number;
  reason: "content_conflict" | "id_conflict" | "kind_mismatch" | "refused_by_database";
  detail: string;
}

export interface Recorded {
  candles: Candle[];
  refusals: RefusedRecord[];
}

/** Records of a batch, or some of them, with their positions in the batch. */
type Indexed = { record: TapeRecord; index: number }[];

/**
 * Stores batches. Retries while the database is unavailable and after a deadlock; once more,
 * without the offenders, where ids conflict; and bisects a batch that the database refuses until
 * the offending record is isolated.
 */
@Injectable()
export class Recorder {
  private readonly logger = new Logger(Recorder.name);
  private readonly writer = new TapeWriter();

  constructor(
    private readonly source: DataSource,
    private readonly markets: MarketRegistry,
    private readonly partitions: Partitions,
    private readonly figures: RecorderFigures,
  ) {}

  /** Resolves when everything but the refusals is committed. Rejects only when `signal` aborts. */
  async record(records: readonly TapeRecord[], signal: AbortSignal): Promise<Recorded> {
    if (records.length === 0) return { candles: [], refusals: [] };
    const batch = records.map((record, index) => ({ record, index }));
    return this.writeUntilDone(batch, signal);
  }

  /**
   * Retries until all records but the refused ones are stored, if need be in several transactions.
   */
  private async writeUntilDone(records: Indexed, signal: AbortSignal): Promise<Recorded> {
    const backoff = new Backoff(FIRST_RETRY_MS, MAX_RETRY_MS);
    let isKnownToConflict = false;
    for (;;) {
      signal.throwIfAborted();
      try {
        return await this.writeOnce(records, isKnownToConflict);
      } catch (error) {
        if (error instanceof IdConflictError && !isKnownToConflict) {
          isKnownToConflict = true;
          continue;
        }
        if (isRefusal(error)) {
          const parts = isolateOffender(records, error);
          if (parts.length === 0) return refused(records, error);
          const recorded: Recorded[] = [];
          for (const part of parts) recorded.push(await this.writeUntilDone(part, signal));
          return joined(recorded);
        }
        const cause = causeOf(error);
        this.figures.writeRetries.inc({ cause });
        const waitMs = backoff.next();
        if (cause === "unavailable")
          this.logger.error(`Cannot write, will retry in ${waitMs} ms: ${String(error)}`);
        // The database may have been replaced or restored meanwhile.
        this.markets.forget();
        this.partitions.forget();
        await sleep(waitMs, undefined, { signal });
      }
    }
  }

  /** One transaction. Refuses records whose kind of trades or ids differs from their market's. */
  private async writeOnce(batch: Indexed, isKnownToConflict: boolean): Promise<Recorded> {
    const markets = await this.marketsOf(batch);
    const mismatched: Indexed = [];
    const records: TapeRecord[] = [];
    for (const entry of batch) {
      const market = markets.get(entry.record.market);
      // A clock record of a market without a trade has nothing to close.
      if (market === undefined) continue;
      if (matches(entry.record, market)) records.push(entry.record);
      else mismatched.push(entry);
    }
    await this.partitions.ensure(
      new Set(records.map((record) => (isClock(record) ? Date.now() : record.time))),
    );
    const runner = this.source.createQueryRunner();
    const end = this.figures.writeSeconds.startTimer();
    let written: Written;
    try {
      const client = (await runner.connect()) as PoolClient;
      written = await this.writer.write(client, records, markets, isKnownToConflict);
      end();
    } finally {
      await runner.release();
    }
    this.count(written);
    const refusals = refusalsOf(written, batch);
    for (const entry of mismatched) refusals.push(await this.mismatchRefusal(entry, markets));
    return { candles: written.candles, refusals };
  }

  private marketsOf(batch: Indexed): Promise<ReadonlyMap<string, KnownMarket>> {
    const firstTrades = new Map<string, Trade>();
    for (const { record } of batch)
      if (!isClock(record) && !firstTrades.has(record.market))
        firstTrades.set(record.market, record);
    return this.markets.resolve(
      batch.map(({ record }) => record.market),
      firstTrades,
    );
  }

  private count({ stored, duplicates, late, expired, revised, ...rest }: Written): void {
    const { trades, revisions } = this.figures;
    const conflicts = rest.conflicting.length + rest.contradicting.length;
    trades.inc({ outcome: "conflict" }, conflicts);
    trades.inc({ outcome: "stored" }, stored);
    trades.inc({ outcome: "duplicate" }, duplicates);
    trades.inc({ outcome: "late" }, late);
    trades.inc({ outcome: "expired" }, expired);
    for (const [reason, candles] of revised) revisions.inc({ reason }, candles);
  }

  private async mismatchRefusal(
    { record, index }: Indexed[number],
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

function matches(record: TapeRecord, market: KnownMarket): boolean {
  return isClock(record) || (record.kind === market.kind && record.ids === market.ids);
}

/**
 * Results of parts that were stored one after the other; of a candle in several, only the newest
 * version.
 */
function joined(parts: readonly Recorded[]): Recorded {
  const candles = new Map<string, Candle>();
  for (const candle of parts.flatMap((part) => part.candles)) {
    const key = `${candle.market} ${candle.interval} ${candle.openTime}`;
    candles.set(key, candle);
  }
  return {
    candles: [...candles.values()],
    refusals: parts.flatMap(({ refusals }) => refusals),
  };
}

/**
 * Bisects the records of the offending markets; the other markets' form a part of their own. Empty
 * when a single record is left.
 */
function isolateOffender(records: Indexed, error: Error): Indexed[] {
  if (records.length === 1) return [];
  const offending =
    error instanceof IdConflictError
      ? records.filter(({ record }) => error.markets.includes(record.market))
      : records;
  const rest = records.filter((entry) => !offending.includes(entry));
  const half = Math.ceil(offending.length / 2);
  return [rest, offending.slice(0, half), offending.slice(half)].filter(
    ({ length }) => length > 0 && length < records.length,
  );
}

function refused(records: Indexed, error: Error): Recorded {
  const isConflict = error instanceof IdConflictError;
  const reason = isConflict ? error.code : "refused_by_database";
  const refusals = records.map(({ index }): RefusedRecord => {
    return { index, reason, detail: error.message };
  });
  return { candles: [], refusals };
}

function refusalsOf({ conflicting, contradicting }: Written, batch: Indexed): RefusedRecord[] {
  if (conflicting.length + contradicting.length === 0) return [];
  const indexes = new Map(batch.map(({ record, index }) => [record, index]));
  const indexOf = (trade: Trade): number => indexes.get(trade) as number;
  return [
    ...conflicting.map((trade): RefusedRecord => {
      const detail = `id ${trade.id} of ${trade.market} belongs to another trade than this one of ${trade.time}: of another time, or an aggregate of other ids`;
      return { index: indexOf(trade), reason: "id_conflict", detail };
    }),
    ...contradicting.map(({ trade, stored }): RefusedRecord => {
      const detail = `id ${trade.id} of ${trade.market} at ${trade.time} is stored as ${stored}`;
      return { index: indexOf(trade), reason: "content_conflict", detail };
    }),
  ];
}

function isRefusal(error: unknown): error is Error {
  return error instanceof IdConflictError || isRefusedData(error);
}

/** Label `cause` of the retry metric. */
function causeOf(error: unknown): "deadlock" | "market_gone" | "unavailable" {
  if (hasCode(error, "market_gone")) return error.code;
  return isLostRace(error) ? "deadlock" : "unavailable";
}
