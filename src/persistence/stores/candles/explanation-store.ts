import { Injectable } from "@nestjs/common";
import { DataSource, type EntityManager } from "typeorm";
import type { Candle } from "../../../domain/candle.js";
import { type Interval, nextOpenTime } from "../../../domain/interval.js";
import type { Market } from "../../../domain/market.js";
import { type TimeRange, timeRangesOf } from "../../../domain/ranges.js";
import type { CandleReconciliation } from "../../../domain/reconciliation.js";
import type { Trade } from "../../../domain/trade.js";
import { ReconciliationStore } from "../reconciliation/reconciliation-store.js";
import { TRADE_COLUMNS, type TradeRow, tradeOf } from "../trade-store.js";
import { type CandleIds, idsAround } from "./candle-ids.js";
import { CandleStore } from "./candle-store.js";
import { requireBuilt } from "./not-built.js";
import { type Recomputation, type StoredTrades, recompute } from "./recomputation.js";
import { type CandleRevision, RevisionStore } from "./revision-store.js";

const NEWEST_REVISIONS = 20;

const bucketOf = ({ interval, openTime }: CandleKey): TimeRange => ({
  from: openTime,
  to: nextOpenTime(interval, openTime),
});

/** Everything known about one candle, in one snapshot. */
export interface CandleExplanation {
  candle: Candle;
  /** By (time, ord); null when retention has dropped it. */
  firstTrade: Trade | null;
  lastTrade: Trade | null;
  /**
   * Exchange time (epoch ms) before which retention has dropped trades of this candle, or may have;
   * null: none.
   */
  droppedBefore: number | null;
  /** The stored trades in its time; null when none is stored, or when they are too many to read. */
  stored: StoredTrades | null;
  /** Null on markets whose ids are not dense. */
  ids: CandleIds | null;
  /** Unwatched times within it, on markets whose ids are not dense; the first 100. */
  blind: TimeRange[];
  /** The newest 20; the history endpoint has all. */
  revisions: CandleRevision[];
  /** False when retention has dropped trades of it. */
  recomputable: boolean;
  recomputation: Recomputation;
  /** Comparison with the venue's own candle; null when its current version was not compared. */
  reconciliation: CandleReconciliation | null;
}

export interface CandleKey {
  market: Market;
  interval: Interval;
  openTime: number;
}

@Injectable()
export class ExplanationStore {
  constructor(
    private readonly source: DataSource,
    private readonly candles: CandleStore,
    private readonly revisions: RevisionStore,
    private readonly reconciliations: ReconciliationStore,
  ) {}

  /**
   * Undefined when there is no such candle; throws `not_built` when it is not built. Reads up to
   * `MAX_ROWS` trades, which takes a second or two.
   */
  of(key: CandleKey): Promise<CandleExplanation | undefined> {
    // One snapshot: an open candle changes many times a second.
    return this.source.transaction("REPEATABLE READ", async (manager) => {
      await manager.query("SET TRANSACTION READ ONLY");
      const [candle] = await this.candles.exact(key.market, [key], manager);
      if (candle !== undefined) return this.explain(candle, manager);
      await requireBuilt(manager, key.market, key.interval, bucketOf(key));
      return undefined;
    });
  }

  private async explain(candle: Candle, manager: EntityManager): Promise<CandleExplanation> {
    const [{ id, horizon }] = await manager.query<[{ id: number; horizon: string }]>(
      `SELECT m.id, h.time AS horizon FROM market m, horizon h WHERE m.name = $1`,
      [candle.market],
    );
    const { openTime, closeTime } = candle;
    const dropped = Number(horizon) > openTime;
    const from = dropped ? Number(horizon) : openTime;
    const times = { from, to: closeTime + 1 };
    const [firstTrade, lastTrade] = [
      dropped ? null : await endOf(id, times, "ASC", manager),
      await endOf(id, times, "DESC", manager),
    ];
    const { stored, recomputation } = await recompute(candle, id, times, dropped, manager);
    return {
      candle,
      firstTrade,
      lastTrade,
      droppedBefore: dropped ? Number(horizon) : null,
      stored,
      ids: await idsAround(candle, manager),
      blind: await unwatchedTimes(id, candle, manager),
      revisions: (await this.revisions.page({ ...candle, limit: NEWEST_REVISIONS }, manager)) ?? [],
      recomputable: !dropped,
      recomputation,
      reconciliation: await this.reconciliations.of(
        candle.market,
        candle.interval,
        openTime,
        manager,
      ),
    };
  }
}

async function endOf(
  market: number,
  { from, to }: TimeRange,
  order: "ASC" | "DESC",
  manager: EntityManager,
): Promise<Trade | null> {
  const rows: TradeRow[] = await manager.query(
    `SELECT ${TRADE_COLUMNS} FROM market m JOIN trade t ON t.market_id = $1
     WHERE m.id = $1 AND t.time >= $2 AND t.time < $3 AND NOT t.off_book
     ORDER BY t.time ${order}, t.ord ${order}, t.price ${order} LIMIT 1`,
    [market, from, to],
  );
  return rows[0] === undefined ? null : tradeOf(rows[0]);
}

async function unwatchedTimes(
  market: number,
  { openTime, closeTime }: Candle,
  manager: EntityManager,
): Promise<TimeRange[]> {
  const rows: { blind: string }[] = await manager.query(
    `SELECT coalesce(range_agg(x), '{}')::text AS blind
     FROM (SELECT x FROM market m, unnest(m.blind) x
       WHERE m.id = $1 AND m.ids = 'sparse' AND x && int8range($2, $3, '[]') ORDER BY x LIMIT 100) b`,
    [market, openTime, closeTime],
  );
  return timeRangesOf(rows[0]?.blind ?? "{}");
}
