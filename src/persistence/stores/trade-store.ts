import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Market } from "../../domain/market.js";
import type { IdKind } from "../../domain/market.js";
import type { TakerSide, Trade, TradeKind, TradeSource } from "../../domain/trade.js";
import { DAY_MS } from "../../domain/units.js";

export interface TradeQuery {
  market: Market;
  /** Exchange time, epoch ms, inclusive. */
  start?: number;
  /** Exclusive. */
  end?: number;
  /** First raw id (`ord`), inclusive. */
  fromId?: string;
  limit: number;
}

/** Columns of market `m` and trade `t`. */
export const TRADE_COLUMNS = `m.name AS market, t.id, t.ord, m.ids, m.kind, t.count, trim_scale(t.price)::text AS price,
  trim_scale(t.amount)::text AS amount, t.taker_side, t.time, t.received_at, t.source, t.off_book`;

export interface TradeRow {
  market: string;
  id: string;
  ord: string;
  ids: IdKind;
  kind: TradeKind;
  count: number;
  price: string;
  amount: string;
  taker_side: TakerSide;
  time: string;
  received_at: string;
  source: TradeSource;
  off_book: boolean;
}

@Injectable()
export class TradeStore {
  constructor(private readonly source: DataSource) {}

  /**
   * Ascending by (time, ord): the oldest from `start` or `fromId` on, or without either the newest
   * before `end`.
   */
  async page(query: TradeQuery): Promise<Trade[]> {
    const { market, fromId, limit } = query;
    const oldestFirst = query.start !== undefined || fromId !== undefined;
    // Every read has a range in time: without one, it would open each day's table.
    const span = await this.span(market);
    if (span === undefined) return [];
    const start = Math.max(query.start ?? span.first, span.first);
    const end = Math.min(query.end ?? span.last + 1, span.last + 1);
    if (fromId !== undefined || oldestFirst)
      return this.rows(market, start, end, fromId, limit, "ASC");
    // Newest first, back in growing steps: the last day nearly always has a page.
    for (let step = DAY_MS; ; step *= 8) {
      const from = Math.max(start, end - step);
      const rows = await this.rows(market, from, end, undefined, limit, "DESC");
      if (rows.length === limit || from <= start) return rows.reverse();
    }
  }

  private async span(market: Market): Promise<{ first: number; last: number } | undefined> {
    const rows: {
      first_trade: string | null;
      last_trade: string | null;
      horizon: string;
    }[] = await this.source.query(
      `SELECT m.first_trade, m.last_trade, h.time AS horizon FROM market m, horizon h WHERE m.name = $1`,
      [market],
    );
    const row = rows[0];
    if (row === undefined || row.first_trade === null) return undefined;
    return {
      first: Math.max(Number(row.first_trade), Number(row.horizon)),
      last: Number(row.last_trade),
    };
  }

  private async rows(
    market: Market,
    start: number,
    end: number,
    fromId: string | undefined,
    limit: number,
    order: "ASC" | "DESC",
  ): Promise<Trade[]> {
    const rows: TradeRow[] = await this.source.query(
      `SELECT ${TRADE_COLUMNS}
       FROM market m JOIN trade t ON t.market_id = m.id
       -- The sub-select keeps the planner to the key of each day's table: joined, it
       -- reads whole days.
       WHERE m.name = $1 AND t.market_id = (SELECT id FROM market WHERE name = $1) AND t.time >= $2 AND t.time < $3 AND ($4::bigint IS NULL OR t.ord + t.count > $4)
       ORDER BY t.time ${order}, t.ord ${order} LIMIT $5`,
      [market, start, end, fromId ?? null, limit],
    );
    return rows.map(tradeOf);
  }
}

export function tradeOf(row: TradeRow): Trade {
  return {
    market: row.market,
    id: row.id,
    ord: row.ord,
    ids: row.ids,
    kind: row.kind,
    count: row.count,
    price: row.price,
    amount: row.amount,
    takerSide: row.taker_side,
    time: Number(row.time),
    receivedAt: Number(row.received_at),
    source: row.source,
    offBook: row.off_book,
  };
}
