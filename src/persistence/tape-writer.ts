import type { PoolClient } from "pg";
import type { Candle } from "../domain/candle.js";
import { type Coverage, completeness } from "../domain/coverage.js";
import { type Interval } from "../domain/interval.js";
import { type TapeRecord, type Trade, isClock } from "../domain/trade.js";
import { sqlFile } from "./sql-file.js";
import {
  type CandleRow,
  type MarketOutcome,
  type Touched,
  candleOf,
  coverageOf,
} from "./touched.js";
import {
  type KnownMarket,
  intervalColumns,
  literal,
  tradeColumns,
} from "./write-batch.js";

const LOCK = sqlFile(import.meta.url, "lock-markets.sql");
const CLAIM = sqlFile(import.meta.url, "claim-ids.sql");
const WRITE = sqlFile(import.meta.url, "write-trades.sql");
/** Trades far out of order open and end thousands of holes at once: neighbours are then taken together. */
const MOST_PIECES = 50;
const EDGES = sqlFile(import.meta.url, "touch-edges.sql");

export interface Written {
  /** Every candle that a trade of the batch belongs to, that its clock closed, or whose completeness it changed. */
  candles: Candle[];
  stored: number;
  duplicates: number;
  /** Stored into a bucket that was closed already. */
  late: number;
  /** Older than the retention horizon: counted, never merged. */
  expired: number;
  /** Of sparse markets, with an id that is stored under another time: not stored. */
  conflicting: Trade[];
}

/** On these markets an id of the batch is held already under another time or inside another trade. Nothing was stored. */
export class IdConflictError extends Error {
  readonly code = "id_conflict";
  constructor(readonly markets: readonly string[]) {
    super(
      `ids of ${markets.join(", ")} overlap with trades that are stored or with each other`,
    );
    this.name = "IdConflictError";
  }
}

/** A market row that this process remembers is not there any more. */
export class UnknownMarketError extends Error {
  constructor() {
    super("a market's row has gone");
    this.name = "UnknownMarketError";
  }
}

/** Writes one batch in one transaction, or nothing. Knows no retries: see `Recorder`. */
export class TapeWriter {
  private readonly columns;

  constructor(intervals: readonly Interval[]) {
    this.columns = intervalColumns(intervals);
  }

  /** Commits before it returns. Throws an IdConflictError, an UnknownMarketError or the driver's error, after a rollback. */
  async write(
    client: PoolClient,
    records: readonly TapeRecord[],
    markets: ReadonlyMap<string, KnownMarket>,
  ): Promise<Written> {
    await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
    try {
      const written = await this.statements(client, records, markets);
      await client.query("COMMIT");
      return written;
    } catch (error) {
      await client
        .query("ROLLBACK")
        .catch(
          () =>
            undefined /* the connection is gone, and the transaction with it */,
        );
      throw error;
    }
  }

  private async statements(
    client: PoolClient,
    records: readonly TapeRecord[],
    markets: ReadonlyMap<string, KnownMarket>,
  ): Promise<Written> {
    const clocks = new Map<number, number>();
    for (const record of records) {
      const id = markets.get(record.market)?.id;
      if (id === undefined) continue;
      clocks.set(
        id,
        Math.max(clocks.get(id) ?? 0, isClock(record) ? record.clock : 0),
      );
    }
    const ids = [...clocks.keys()];
    const locked = await client.query<{ id: number; horizon: string }>(LOCK, [
      literal(ids),
    ]);
    if (locked.rows.length !== ids.length) throw new UnknownMarketError();
    const horizon = Number(locked.rows[0]?.horizon ?? 0);
    const all = records.filter((record): record is Trade => !isClock(record));
    const recent =
      horizon === 0 ? all : all.filter((trade) => trade.time >= horizon);
    const repeated = await this.repeatedIds(client, recent, markets);
    const trades =
      repeated.size === 0
        ? recent
        : recent.filter((trade) => !repeated.has(trade));

    const { names, widths, anchors, base } = this.columns;
    const { rows } = await client.query<{ markets: string; candles: string }>({
      name: "write-trades",
      text: WRITE,
      values: [
        ...tradeColumns(trades, markets),
        names,
        widths,
        anchors,
        literal(ids),
        literal([...clocks.values()]),
        base,
      ],
    });
    const outcomes = JSON.parse(rows[0]?.markets ?? "[]") as MarketOutcome[];
    const byId = new Map(
      [...markets.values()].map((market) => [market.id, market]),
    );
    const conflicts = outcomes
      .filter(([, , , conflict]) => conflict)
      .map(([id]) => byId.get(id)?.name ?? String(id));
    if (conflicts.length > 0) throw new IdConflictError(conflicts);

    const touched: Touched = {
      rows: JSON.parse(rows[0]?.candles ?? "[]") as CandleRow[],
      coverage: coverageOf(outcomes),
    };
    const candles = await this.withEdges(client, touched, outcomes, byId);
    const stored = outcomes.reduce((sum, [, count]) => sum + count, 0);
    // A time that we gave ourselves says nothing: such a trade was sent again.
    const conflicting = [...repeated].filter(
      ({ time, receivedAt }) => time !== receivedAt,
    );
    return {
      candles,
      stored,
      duplicates: recent.length - stored - conflicting.length,
      late: outcomes.reduce((sum, [, , late]) => sum + late, 0),
      expired: all.length - recent.length,
      conflicting,
    };
  }

  /** Trades of sparse markets whose id is known under another time. On dense markets coverage tells. */
  private async repeatedIds(
    client: PoolClient,
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

  /** Adds the candles at the edges of holes that opened or ended; rare, and never in a feed that runs in order. */
  private async withEdges(
    client: PoolClient,
    touched: Touched,
    outcomes: readonly MarketOutcome[],
    markets: ReadonlyMap<number, KnownMarket>,
  ): Promise<Candle[]> {
    const pieces = outcomes.flatMap(([id, , , , holes]) =>
      fewer(holes ?? []).map(([from, to]) => ({ id, from, to })),
    );
    const rows = new Map(
      touched.rows.map((row) => [`${row[0]} ${row[1]} ${row[2]}`, row]),
    );
    if (pieces.length > 0) {
      const edges = await client.query<CandleRow>({
        text: EDGES,
        values: [
          literal(pieces.map(({ id }) => id)),
          literal(pieces.map(({ from }) => from)),
          literal(pieces.map(({ to }) => to)),
          this.columns.names,
          this.columns.widths,
        ],
        rowMode: "array",
      });
      for (const row of edges.rows)
        rows.set(`${row[0]} ${row[1]} ${row[2]}`, row);
      for (const id of new Set(pieces.map((piece) => piece.id)))
        touched.coverage.set(id, await this.wholeCoverage(client, id));
    }
    return [...rows.values()].map((row) => {
      const market = markets.get(row[0]) as KnownMarket;
      const coverage =
        market.ids === "dense" ? touched.coverage.get(market.id) : undefined;
      return candleOf(
        row,
        market,
        coverage === undefined
          ? null
          : completeness(BigInt(row[13]), BigInt(row[14]), coverage),
      );
    });
  }

  private async wholeCoverage(
    client: PoolClient,
    market: number,
  ): Promise<Coverage> {
    const { rows } = await client.query<{ from: string; to: string }>(
      `SELECT lower(x) AS "from", upper(x) AS "to" FROM market, unnest(covered) x WHERE id = $1 ORDER BY lower(x)`,
      [market],
    );
    const ranges = rows.map(({ from, to }) => ({
      from: BigInt(from),
      to: BigInt(to),
    }));
    return {
      ranges,
      oldest: ranges[0]?.from ?? 0n,
      newest: ranges.at(-1)?.to ?? 0n,
    };
  }
}

/** At most `MOST_PIECES` ranges that hold the given ascending ones. A candle between may get a version it did not need. */
function fewer(holes: readonly [string, string][]): [string, string][] {
  const size = Math.ceil(holes.length / MOST_PIECES);
  const groups: [string, string][] = [];
  for (let at = 0; at < holes.length; at += size) {
    const group = holes.slice(at, at + size);
    groups.push([group[0]?.[0] ?? "", group.at(-1)?.[1] ?? ""]);
  }
  return groups;
}
