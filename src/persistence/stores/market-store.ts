import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import { type FeedState, stateAt } from "../../domain/feed-state.js";
import { type IdKind, type Market, splitMarket } from "../../domain/market.js";
import type { Instrument } from "../../domain/instrument.js";
import type { TradeKind } from "../../domain/trade.js";

export interface MarketSummary {
  market: Market;
  venue: string;
  symbol: string;
  /** Null, as `kind`, until the first trade, which determines both. */
  ids: IdKind | null;
  kind: TradeKind | null;
  /** Exchange times, epoch ms. */
  firstTradeTime: number | null;
  lastTradeTime: number | null;
  /** Newest exchange time known, by trades and clock records. */
  clock: number | null;
  /** Raw trades stored. */
  trades: number;
  /** Raw ids stored; null fields before the first, all zero on markets whose ids are not dense. */
  coverage: {
    ranges: number;
    from: string | null;
    to: string | null;
    held: string;
    /** Neither held nor void. */
    missing: string;
    /** Raw ids that the venue has confirmed to have no trade for. */
    void: string;
  };
  feed: FeedState | null;
  /**
   * The venue's description; null until it is fetched, or when the venue does not list the market.
   */
  instrument: Omit<Instrument, "market"> | null;
}

const SUMMARY = `
  SELECT coalesce(m.name, f.market) AS market, m.venue, m.symbol, m.ids, m.kind, m.first_trade, m.last_trade, m.clock, m.trades,
    r.ranges, r.first AS id_from, r.last - 1 AS id_to, coalesce(r.known - r.void, 0)::text AS held, coalesce(r.last - r.first - r.known, 0)::text AS missing,
    coalesce(r.void, 0)::text AS void,
    f.state AS feed,
    CASE WHEN i.market IS NOT NULL THEN jsonb_build_object('base', i.base, 'quote', i.quote, 'kind', i.kind,
      'tickSize', i.tick_size::text, 'stepSize', i.step_size::text, 'status', i.status) END AS instrument
  FROM market m
  FULL JOIN feed f ON f.market = m.name
  LEFT JOIN instrument i ON i.market = coalesce(m.name, f.market)
  LEFT JOIN LATERAL (
    SELECT count(*) AS ranges, min(lower(x)) AS first, max(upper(x)) AS last, sum(upper(x) - lower(x)) AS known,
      (SELECT coalesce(sum(upper(v) - lower(v)), 0) FROM unnest(m.void - m.covered) v) AS void
    FROM unnest(m.covered + m.void) x
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
  void: string;
  feed: FeedState | null;
  instrument: MarketSummary["instrument"];
}

@Injectable()
export class MarketStore {
  constructor(private readonly source: DataSource) {}

  /** Every market that has a trade or a feed, by name; the first 10,000. */
  async all(): Promise<MarketSummary[]> {
    const rows: SummaryRow[] = await this.source.query(`${SUMMARY} ORDER BY 1 LIMIT 10000`);
    return rows.map(summaryOf);
  }

  /** Whether any market has a trade. */
  async hasTrades(): Promise<boolean> {
    const rows: { has: boolean }[] = await this.source.query(
      "SELECT EXISTS (SELECT FROM market WHERE last_trade IS NOT NULL) AS has",
    );
    return rows[0]?.has ?? false;
  }

  async find(market: Market): Promise<MarketSummary | undefined> {
    const rows: SummaryRow[] = await this.source.query(
      `${SUMMARY} WHERE coalesce(m.name, f.market) = $1`,
      [market],
    );
    return rows[0] === undefined ? undefined : summaryOf(rows[0]);
  }
}

function summaryOf(row: SummaryRow): MarketSummary {
  return {
    market: row.market,
    ...splitMarket(row.market),
    ids: row.ids,
    kind: row.kind,
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
      void: row.void,
    },
    feed: row.feed === null ? null : stateAt(row.feed, Date.now()),
    instrument: row.instrument,
  };
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text);
}
