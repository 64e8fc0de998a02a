import type { ClientBase, PoolClient } from "pg";
import type { Candle } from "../../domain/candle.js";
import type { Coverage } from "../../domain/coverage.js";
import { type IdRange, idRangesOf } from "../../domain/ranges.js";
import type { RevisionReason } from "../../domain/revision.js";
import { TapelineError } from "../../domain/tapeline-error.js";
import { type TapeRecord, type Trade, isClock } from "../../domain/trade.js";
import { sqlFile } from "../schema/sql-file.js";
import { type Client, transact } from "../schema/transaction.js";
import { type CandleRow, candleOf, valueOf } from "./candle-columns.js";
import { type Contradiction, contradictionsOf, overlappingOf } from "./contradictions.js";
import { bumpEdgeCandles } from "./edges.js";
import { EVERY_INTERVAL, type StoredColumns, storedColumns } from "./interval-columns.js";
import {
  type LeftOut,
  type MarketOutcome,
  type Outcome,
  type OutcomeRow,
  outcomeOf,
} from "./merge-outcome.js";
import { type Statement, queryOf } from "./statement.js";
import { type KnownMarket, literal, tradeColumns } from "./write-batch.js";
import { type MergeInput, type MergeParameter, WRITE_TRADES } from "./write-statement.js";

const LOCK = sqlFile(import.meta.url, "lock-markets.sql");
const CLAIM = sqlFile(import.meta.url, "claim-ids.sql");
const MARK_UNBUILT = sqlFile(import.meta.url, "mark-unbuilt.sql");

/** What one merge did. */
export interface Merged {
  /**
   * Candles that contain a trade of the batch, that its clock closed, or whose completeness it
   * changed.
   */
  candles: Candle[];
  stored: number;
  /** Stored into a bucket that was closed already. */
  late: number;
  /** Closed candles that were changed, by reason. */
  revised: ReadonlyMap<RevisionReason, number>;
}

export interface Written extends Merged {
  duplicates: number;
  /** Older than the retention horizon: counted, not stored. */
  expired: number;
  /** Not stored: their ids belong to trades of another time, or to other aggregates. */
  conflicting: Trade[];
  /** Not stored: the same id and time are stored with another content. */
  contradicting: Contradiction[];
}

const NOTHING_WRITTEN: Written = {
  candles: [],
  stored: 0,
  late: 0,
  revised: new Map(),
  duplicates: 0,
  expired: 0,
  conflicting: [],
  contradicting: [],
};

/** Candles at the edges of holes, and the whole coverage of their markets. */
interface Edges {
  candles: CandleRow[];
  coverage: Map<number, Coverage>;
}

/**
 * In these markets an id of the batch is stored already under another time or inside another trade.
 * Nothing was stored.
 */
export class IdConflictError extends TapelineError<"id_conflict"> {
  constructor(readonly markets: readonly string[]) {
    super(
      "id_conflict",
      `ids of ${markets.join(", ")} overlap with trades that are stored or with each other`,
    );
  }
}

/** A market's row that this process has cached no longer exists. */
export function marketGone(): TapelineError {
  return new TapelineError("market_gone", "a market's row no longer exists");
}

/** Writes one batch in one transaction, or nothing. Does not retry: see `Recorder`. */
export class TapeWriter {
  /**
   * Commits before it returns. Throws an IdConflictError, `market_gone` or the driver's error,
   * after a rollback.
   *
   * @param isKnownToConflict after an IdConflictError: what cannot be stored is looked for first
   */
  write(
    client: PoolClient,
    records: readonly TapeRecord[],
    markets: ReadonlyMap<string, KnownMarket>,
    isKnownToConflict = false,
  ): Promise<Written> {
    const clocks = clocksOf(records, markets);
    const all = records.filter((record): record is Trade => !isClock(record));
    // Clock records of markets that have no row yet.
    if (clocks.size === 0) return Promise.resolve(NOTHING_WRITTEN);
    return transact(client, async () => {
      const { horizon, stored } = await lockMarkets(client, [...clocks.keys()]);
      const recent = horizon === 0 ? all : all.filter((trade) => trade.time >= horizon);
      const repeated = await repeatedIds(client, recent, markets);
      const unique = without(recent, repeated);
      const overlapping = isKnownToConflict
        ? await overlappingOf(client, unique, tradeColumns(unique, markets), markets)
        : new Set<Trade>();
      const trades = without(unique, overlapping);
      const columns = tradeColumns(trades, markets);
      const merged = await this.merge(client, WRITE_TRADES, columns, stored, clocks, markets);
      const contradicting =
        merged.stored < trades.length ? await contradictionsOf(client, trades, columns) : [];
      // A trade without a time of its own got our receive time: it is a duplicate, not a conflict.
      const conflicting = [...repeated].filter(({ time, receivedAt }) => time !== receivedAt);
      conflicting.push(...overlapping);
      return {
        ...merged,
        duplicates: recent.length - merged.stored - conflicting.length - contradicting.length,
        expired: all.length - recent.length,
        conflicting,
        contradicting,
      };
    });
  }

  /**
   * Runs a statement of `write-statement.ts`; the caller's transaction holds the markets' locks.
   *
   * @param input the statement's own parameters, such as the rows
   * @param stored the stored intervals, of `lockMarkets`
   * @param clocks newest clock record (0: none) of each locked market, by the id of its row
   */
  async merge<Parameter extends string>(
    client: ClientBase,
    statement: Statement<Parameter>,
    input: MergeInput<Parameter>,
    stored: StoredColumns,
    clocks: ReadonlyMap<number, number>,
    markets: ReadonlyMap<string, KnownMarket>,
  ): Promise<Merged> {
    const { names, widths, anchors } = EVERY_INTERVAL;
    const shared: Record<MergeParameter, string | number> = {
      ...stored,
      intervals: names,
      widths,
      anchors,
      markets: literal([...clocks.keys()]),
      clocks: literal([...clocks.values()]),
    };
    const { rows } = await client.query<OutcomeRow>(
      queryOf<string>(statement, { ...input, ...shared }),
    );
    const merged = outcomeOf(rows[0] as OutcomeRow);
    const outcomes = merged.markets;
    const byId = new Map([...markets.values()].map((market) => [market.id, market]));
    const conflicts = outcomes
      .filter(({ conflict }) => conflict)
      .map(({ market }) => byId.get(market)?.name ?? String(market));
    if (conflicts.length > 0) throw new IdConflictError(conflicts);

    await markUnbuilt(client, merged.leftOut);
    const edges = await this.bumpEdges(client, outcomes);
    return {
      candles: candlesOf(merged, edges, byId),
      stored: outcomes.reduce((sum, { stored }) => sum + stored, 0),
      late: outcomes.reduce((sum, { late }) => sum + late, 0),
      revised: merged.revised,
    };
  }

  /**
   * Updates the candles at the edges of holes that opened, moved or ended, and reads the coverage
   * of their markets. Rare: never with a feed that delivers in order.
   */
  private async bumpEdges(
    client: ClientBase,
    outcomes: readonly MarketOutcome[],
  ): Promise<Edges | undefined> {
    const changed = new Map<number, IdRange[]>(
      outcomes
        .filter((outcome) => outcome.changed.length > 0)
        .map((outcome) => [outcome.market, outcome.changed]),
    );
    if (changed.size === 0) return undefined;
    const candles = await bumpEdgeCandles(client, changed, "closed");
    const coverage = new Map<number, Coverage>();
    for (const id of changed.keys()) coverage.set(id, await wholeCoverage(client, id));
    return { candles, coverage };
  }
}

function without(trades: readonly Trade[], refused: ReadonlySet<Trade>): readonly Trade[] {
  return refused.size === 0 ? trades : trades.filter((trade) => !refused.has(trade));
}

/** Newest clock record (0: none) of each market of the batch, by the id of its row. */
function clocksOf(
  records: readonly TapeRecord[],
  markets: ReadonlyMap<string, KnownMarket>,
): Map<number, number> {
  const clocks = new Map<number, number>();
  for (const record of records) {
    const id = markets.get(record.market)?.id;
    if (id === undefined) continue;
    const clock = isClock(record) ? record.clock : 0;
    clocks.set(id, Math.max(clocks.get(id) ?? 0, clock));
  }
  return clocks;
}

/**
 * Locks the markets until this transaction ends, and the retention horizon, which cannot move until
 * then. Throws `market_gone`.
 *
 * @param markets ids of their rows, at least one
 */
export async function lockMarkets(
  client: Client,
  markets: readonly number[],
): Promise<{ horizon: number; stored: StoredColumns }> {
  const { rows } = await client.query<{ id: number; horizon: string; intervals: string }>(LOCK, [
    literal(markets),
  ]);
  const [first] = rows;
  if (rows.length !== markets.length || first === undefined) throw marketGone();
  return { horizon: Number(first.horizon), stored: storedColumns(first.intervals) };
}

/** An interval that is switched off: rare, its times are marked for the rest of the day. */
async function markUnbuilt(client: ClientBase, leftOut: readonly LeftOut[]): Promise<void> {
  if (leftOut.length === 0) return;
  await client.query(MARK_UNBUILT, [
    leftOut.map(({ market }) => market),
    leftOut.map(({ interval }) => interval),
    leftOut.map(({ times }) => times),
  ]);
}

/**
 * Trades of sparse markets whose id is stored under another time. In dense markets the coverage
 * shows conflicts.
 */
async function repeatedIds(
  client: ClientBase,
  trades: readonly Trade[],
  markets: ReadonlyMap<string, KnownMarket>,
): Promise<Set<Trade>> {
  const sparse = trades.filter(({ ids }) => ids === "sparse");
  if (sparse.length === 0) return new Set();
  const { rows } = await client.query<{ place: number }>(CLAIM, [
    sparse.map(({ market }) => markets.get(market)?.id),
    sparse.map(({ id }) => id),
    sparse.map(({ time }) => time),
  ]);
  return new Set(rows.map(({ place }) => sparse[place] as Trade));
}

async function wholeCoverage(client: ClientBase, market: number): Promise<Coverage> {
  const { rows } = await client.query<{ known: string }>(
    `SELECT known_ids(covered, void)::text AS known FROM market WHERE id = $1`,
    [market],
  );
  const ranges = idRangesOf(rows[0]?.known ?? "{}");
  return {
    ranges,
    oldest: ranges[0]?.from ?? 0n,
    newest: ranges.at(-1)?.to ?? 0n,
    unwatched: [],
  };
}

/** The merged candles, those at the edges in their newer version. */
function candlesOf(
  { candles, markets }: Outcome,
  edges: Edges | undefined,
  known: ReadonlyMap<number, KnownMarket>,
): Candle[] {
  const coverage = new Map(markets.map((outcome) => [outcome.market, outcome.coverage]));
  for (const [market, whole] of edges?.coverage ?? []) coverage.set(market, whole);
  return newestOf(candles, edges?.candles ?? []).map((row) => {
    const market = known.get(valueOf(row, "market")) as KnownMarket;
    return candleOf(row, market, coverage.get(market.id));
  });
}

function newestOf(before: readonly CandleRow[], after: readonly CandleRow[]): readonly CandleRow[] {
  if (after.length === 0) return before;
  const byKey = new Map<string, CandleRow>();
  for (const row of [...before, ...after]) {
    const [market, interval] = [valueOf(row, "market"), valueOf(row, "interval")];
    byKey.set(`${market} ${interval} ${valueOf(row, "openTime")}`, row);
  }
  return [...byKey.values()];
}
