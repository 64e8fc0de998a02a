import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Interval } from "../../../domain/interval.js";
import type { Market } from "../../../domain/market.js";
import type { RevisionReason } from "../../../domain/revision.js";
import { bitsOf, reasonsOfBits } from "../../schema/revision-sources.js";

/** A closed candle that was changed, or first made, after its end. */
export interface RevisedCandle {
  openTime: number;
  /** Number of its newest revision. */
  revision: number;
  /** When that was stored, epoch ms by the database's clock. */
  at: number;
  /** Reasons of all its revisions. */
  reasons: RevisionReason[];
}

export interface RevisedQuery {
  market: Market;
  interval: Interval;
  /** Bound the open time: inclusive, exclusive. */
  start?: number;
  end?: number;
  /** Only candles with a revision for one of these. */
  reasons?: readonly RevisionReason[];
  limit: number;
}

interface Row {
  openTime: string;
  revision: number;
  at: Date;
  sources: number;
}

/** Which candles of a market have been revised. */
@Injectable()
export class RevisedCandleStore {
  constructor(private readonly source: DataSource) {}

  /** Ascending; without `start` the newest. */
  async page(query: RevisedQuery): Promise<RevisedCandle[]> {
    const { market, interval, start, end, reasons, limit } = query;
    const order = start === undefined ? "DESC" : "ASC";
    const rows: Row[] = await this.source.query(
      `SELECT r.open_time AS "openTime", max(r.revision) AS revision, max(r.at) AS at, bit_or(r.sources) AS sources
       FROM candle_revision r
       WHERE r.market_id = (SELECT id FROM market WHERE name = $1) AND r.interval = $2
         AND r.open_time >= $3 AND r.open_time < $4
       GROUP BY r.open_time
       HAVING $5::integer IS NULL OR bit_or(r.sources) & $5 <> 0
       ORDER BY r.open_time ${order} LIMIT $6`,
      [
        market,
        interval,
        start ?? 0,
        end ?? Number.MAX_SAFE_INTEGER,
        reasons === undefined ? null : bitsOf(reasons),
        limit,
      ],
    );
    if (order === "DESC") rows.reverse();
    return rows.map(({ openTime, revision, at, sources }) => ({
      openTime: Number(openTime),
      revision,
      at: at.getTime(),
      reasons: reasonsOfBits(sources),
    }));
  }
}
