import { Injectable } from "@nestjs/common";
import { And, DataSource, type EntityManager, LessThan, MoreThanOrEqual } from "typeorm";
import type { Interval } from "../../../domain/interval.js";
import type { Market } from "../../../domain/market.js";
import type {
  CandleReconciliation,
  Difference,
  DifferenceState,
  ReconciledDay,
} from "../../../domain/reconciliation.js";
import { DAY_MS, MINUTE_MS } from "../../../domain/units.js";
import { CandleDifferenceEntity } from "../../schema/entities/candle-difference.entity.js";
import { idOfMarket } from "../id-of-market.js";

const MAX_DAYS = 10_000;

export interface DifferenceQuery {
  market: Market;
  interval: Interval;
  /** Open time, epoch ms, inclusive. */
  start?: number;
  /** Exclusive. */
  end?: number;
  state?: DifferenceState;
  limit: number;
}

/** Results of comparing candles with the venues' own. */
@Injectable()
export class ReconciliationStore {
  constructor(private readonly source: DataSource) {}

  /**
   * Days of one or all markets in which minutes were compared, newest first, then by market; the
   * first 10,000.
   */
  async days(market: Market | undefined, from: number, to: number): Promise<ReconciledDay[]> {
    return (await this.counted(market, from - (from % DAY_MS), to)).map(
      ({ market: name, day, ...counts }) => {
        const [compared, differing, incomplete, unjudged] = [
          Number(counts.ms) / MINUTE_MS,
          Number(counts.differing),
          Number(counts.incomplete),
          Number(counts.unjudged),
        ];
        const matched = compared - differing;
        return {
          market: name,
          day: Number(day),
          compared,
          matched,
          incomplete,
          unjudged,
          matchRatio: matched / compared,
        };
      },
    );
  }

  /**
   * Share (0–1) of a market's matching minutes of this UTC day and the one before; undefined before
   * one was compared.
   */
  async ratio(market: Market, now: number): Promise<number | undefined> {
    const days = await this.days(market, now - DAY_MS, now);
    const compared = days.reduce((sum, day) => sum + day.compared, 0);
    const matched = days.reduce((sum, day) => sum + day.matched, 0);
    return compared === 0 ? undefined : matched / compared;
  }

  /** Ascending by open time. */
  async differences(query: DifferenceQuery): Promise<Difference[]> {
    const { market, interval, start, end, state, limit } = query;
    const rows = await this.source.getRepository(CandleDifferenceEntity).find({
      where: {
        marketId: idOfMarket(market),
        interval,
        openTime: And(MoreThanOrEqual(start ?? 0), LessThan(end ?? Number.MAX_SAFE_INTEGER)),
        ...(state === undefined ? {} : { state }),
      },
      order: { openTime: "ASC" },
      take: limit,
    });
    return rows.map((row) => differenceOf(market, row));
  }

  /**
   * Null for a candle that was not compared, or has changed since.
   *
   * @param manager a REPEATABLE READ transaction, if candles may be compared meanwhile
   */
  async of(
    market: Market,
    interval: Interval,
    openTime: number,
    manager: EntityManager,
  ): Promise<CandleReconciliation | null> {
    const rows: { id: number; at: Date; version: number; changed: boolean }[] = await manager.query(
      // A change since is found by the next run only, which makes the candle due again.
      `SELECT m.id, r.compared_at AS at, coalesce(c.version, 0) AS version,
         coalesce(c.updated_at > r.compared_at, false) AS changed
       FROM market m
       JOIN reconciliation r ON r.market_id = m.id AND r.interval = $2 AND r.day = $3::bigint - $3::bigint % ${DAY_MS}
       LEFT JOIN candle c ON c.market_id = m.id AND c.interval = $2 AND c.open_time = $3::bigint
       WHERE m.name = $1 AND r.compared @> $3::bigint`,
      [market, interval, openTime],
    );
    const [compared] = rows;
    if (compared === undefined || compared.changed) return null;
    const row = await manager
      .getRepository(CandleDifferenceEntity)
      .findOneBy({ marketId: compared.id, interval, openTime });
    const difference = row === null ? null : differenceOf(market, row);
    const isOpen = difference !== null && difference.state !== "resolved";
    if (isOpen && difference.version !== compared.version) return null;
    return {
      outcome: isOpen ? difference.outcome : "match",
      comparedAt: difference?.comparedAt ?? compared.at.getTime(),
      difference,
    };
  }

  private counted(
    market: Market | undefined,
    from: number,
    to: number,
  ): Promise<
    {
      market: Market;
      day: string;
      ms: string;
      differing: string;
      incomplete: string;
      unjudged: string;
    }[]
  > {
    return this.source.query(
      `SELECT m.name AS market, r.day, b.ms, d.differing, d.incomplete, d.unjudged
       FROM reconciliation r
       JOIN market m ON m.id = r.market_id
       CROSS JOIN LATERAL (SELECT sum(upper(x) - lower(x)) AS ms FROM unnest(r.compared) x) b
       CROSS JOIN LATERAL (
         SELECT count(*) FILTER (WHERE d.state IN ('suspected', 'confirmed')) AS differing,
           count(*) FILTER (WHERE d.state IN ('suspected', 'confirmed') AND NOT d.complete) AS incomplete,
           count(*) FILTER (WHERE d.state = 'unjudged') AS unjudged
         FROM candle_difference d
         WHERE d.market_id = r.market_id AND d.interval = r.interval AND d.open_time >= r.day AND d.open_time < r.day + ${DAY_MS}
           AND r.compared @> d.open_time
       ) d
       WHERE r.interval = '1m' AND ($1::text IS NULL OR m.name = $1) AND r.day >= $2 AND r.day < $3 AND b.ms > 0
       ORDER BY r.day DESC, m.name LIMIT ${MAX_DAYS}`,
      [market ?? null, from, to],
    );
  }
}

function differenceOf(market: Market, row: CandleDifferenceEntity): Difference {
  return {
    market,
    interval: row.interval,
    openTime: row.openTime,
    outcome: row.outcome,
    fields: row.fields,
    state: row.state,
    complete: row.complete,
    version: row.version,
    foundAt: row.foundAt,
    comparedAt: row.comparedAt,
  };
}
