import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { FeedState } from "../domain/feed-state.js";
import type { IdKind, Market } from "../domain/market.js";
import type { TradeKind } from "../domain/trade.js";

export interface MarketSummary {
  market: Market;
  venue: string;
  symbol: string;
  ids: IdKind;
  kind: TradeKind;
  /** Exchange times, epoch ms. */
  firstTradeTime: number | null;
  lastTradeTime: number | null;
  /** Newest exchange time known, by trades and clock records. */
  clock: number | null;
  /** Raw trades stored. */
  trades: number;
  /** Raw ids held; null fields before the first, all zero on markets whose ids are not dense. */
  coverage: {
    ranges: number;
    from: string | null;
    to: string | null;
    held: string;
    missing: string;
  };
  feed: FeedState | null;
}

/** Raw ids that we should hold and do not: `fromId … toId`, both inclusive. */
export interface Gap {
  fromId: string;
  toId: string;
  /** How many. */
  ids: string;
  /** Exchange time (epoch ms) of the last trade held before and the first held after; null when it was dropped. */
  afterTime: number | null;
  beforeTime: number | null;
}

const SUMMARY = `
  SELECT coalesce(m.name, f.market) AS market, m.venue, m.symbol, m.ids, m.kind, m.first_trade, m.last_trade, m.clock, m.trades,
    r.ranges, r.first AS id_from, r.last - 1 AS id_to, coalesce(r.held, 0)::text AS held, coalesce(r.last - r.first - r.held, 0)::text AS missing,
    f.state AS feed
  FROM market m
  FULL JOIN feed f ON f.market = m.name
  LEFT JOIN LATERAL (
    SELECT count(*) AS ranges, min(lower(x)) AS first, max(upper(x)) AS last, sum(upper(x) - lower(x)) AS held FROM unnest(m.covered) x
  ) r ON true`;

interface SummaryRow {
  market: string;
  ids: IdKind | null;
  kind: TradeKind | null;
  first_trade: string | null;
  last_trade: string | null;
  clock: string | null;
  trades: string | null;
  ranges: string;
  id_from: string | null;
  id_to: string | null;
  held: string;
  missing: string;
  feed: FeedState | null;
}

@Injectable()
export class MarketStore {
  constructor(private readonly source: DataSource) {}

  /** Every market that has a trade or a feed, by name; the first 10,000. */
  async all(): Promise<MarketSummary[]> {
    const rows: SummaryRow[] = await this.source.query(
      `${SUMMARY} ORDER BY 1 LIMIT 10000`,
    );
    return rows.map(summaryOf);
  }

  async find(market: Market): Promise<MarketSummary | undefined> {
    const rows: SummaryRow[] = await this.source.query(
      `${SUMMARY} WHERE coalesce(m.name, f.market) = $1`,
      [market],
    );
    return rows[0] === undefined ? undefined : summaryOf(rows[0]);
  }

  /** Ascending; `after` continues behind that id. */
  async gaps(
    market: Market,
    page: { after?: string; limit: number },
  ): Promise<Gap[]> {
    const rows: {
      from_id: string;
      to_id: string;
      ids: string;
      after: string | null;
      before: string | null;
    }[] = await this.source.query(
      `SELECT lower(g) AS from_id, upper(g) - 1 AS to_id, upper(g) - lower(g) AS ids,
         (SELECT t.time FROM trade t WHERE t.market_id = m.id AND t.ord < lower(g) AND t.time <= m.last_trade ORDER BY t.ord DESC LIMIT 1) AS after,
         (SELECT t.time FROM trade t WHERE t.market_id = m.id AND t.ord >= upper(g) AND t.time <= m.last_trade ORDER BY t.ord LIMIT 1) AS before
       FROM market m, unnest(range_merge(m.covered)::int8multirange - m.covered) g
       WHERE m.name = $1 AND lower(g) > $2::bigint ORDER BY lower(g) LIMIT $3`,
      [market, page.after ?? "-1", page.limit],
    );
    return rows.map((row) => ({
      fromId: row.from_id,
      toId: row.to_id,
      ids: row.ids,
      afterTime: row.after === null ? null : Number(row.after),
      beforeTime: row.before === null ? null : Number(row.before),
    }));
  }
}

function summaryOf(row: SummaryRow): MarketSummary {
  const colon = row.market.indexOf(":");
  return {
    market: row.market,
    venue: row.market.slice(0, colon),
    symbol: row.market.slice(colon + 1),
    ids: row.ids ?? "dense",
    kind: row.kind ?? "raw",
    firstTradeTime: numberOrNull(row.first_trade),
    lastTradeTime: numberOrNull(row.last_trade),
    clock: row.clock === "0" ? null : numberOrNull(row.clock),
    trades: Number(row.trades ?? 0),
    coverage: {
      ranges: Number(row.ranges ?? 0),
      from: row.id_from,
      to: row.id_to,
      held: row.held,
      missing: row.missing,
    },
    feed: row.feed,
  };
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text);
}
