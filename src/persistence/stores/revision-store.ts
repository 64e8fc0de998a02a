import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Interval } from "../../domain/interval.js";
import type { Market } from "../../domain/market.js";
import {
  type RevisionReason,
  TRADED_FIELDS,
  type TradedField,
  reasonsOf,
} from "../../domain/revision.js";
import type { TradeSource } from "../../domain/trade.js";
import { sourcesOf } from "../schema/revision-sources.js";
import type { Reader } from "./candle-store.js";

export interface FieldChange {
  field: TradedField;
  /** Null when the candle had no trade before its end. */
  before: string | null;
  after: string;
}

/** One change of a closed candle. */
export interface CandleRevision {
  revision: number;
  /** When it was stored, epoch ms by the database's clock. */
  at: number;
  reasons: RevisionReason[];
  /** Of the trades that were added. */
  sources: TradeSource[];
  /** Raw trades that were added. */
  trades: number;
  changes: FieldChange[];
}

export interface RevisionQuery {
  market: Market;
  interval: Interval;
  openTime: number;
  /** Only revisions behind this one, a number as text. */
  after?: string;
  limit: number;
}

type State = Record<TradedField, string | null> & {
  revision: number;
  at: Date;
  sources: number;
  added: string;
};

const SAID = (of: string): string =>
  `trim_scale(${of}.open)::text AS "open", trim_scale(${of}.high)::text AS "high", trim_scale(${of}.low)::text AS "low",
   trim_scale(${of}.close)::text AS "close", trim_scale(${of}.volume)::text AS "volume",
   trim_scale(${of}.quote_volume)::text AS "quoteVolume", trim_scale(${of}.taker_buy_volume)::text AS "takerBuyVolume",
   trim_scale(${of}.taker_buy_quote_volume)::text AS "takerBuyQuoteVolume", ${of}.trades::text AS "trades",
   CASE WHEN now.ids = 'dense' THEN ${of}.id_from::text END AS "firstTradeId",
   CASE WHEN now.ids = 'dense' THEN (${of}.id_to - 1)::text END AS "lastTradeId"`;

/** What closed candles said before, and why they changed. */
@Injectable()
export class RevisionStore {
  constructor(private readonly source: DataSource) {}

  /**
   * Ascending: the oldest behind `after`, or without it the newest. Undefined when there is no such candle. Revisions
   * from before the history was kept are not in it.
   */
  async page(
    query: RevisionQuery,
    reader: Reader = this.source,
  ): Promise<CandleRevision[] | undefined> {
    const { market, interval, openTime, after, limit } = query;
    const order = after === undefined ? "DESC" : "ASC";
    // What the candle says now stands behind its last revision: each state is what the revision before it made.
    const states: State[] = await reader.query(
      `WITH now AS MATERIALIZED (
         SELECT c.*, m.ids FROM market m JOIN candle c ON c.market_id = m.id
         WHERE m.name = $1 AND c.interval = $2 AND c.open_time = $3
       )
       SELECT r.revision, r.at, r.sources, r.added, ${SAID("r")}
       FROM now JOIN candle_revision r ON r.market_id = now.market_id AND r.interval = now.interval AND r.open_time = now.open_time
       WHERE r.revision > $4::bigint
       UNION ALL
       SELECT now.revision + 1, now.updated_at, 0, 0, ${SAID("now")} FROM now
       ORDER BY revision ${order} LIMIT $5`,
      [market, interval, openTime, after ?? "0", limit + 1],
    );
    if (states.length === 0) return undefined;
    if (order === "DESC") states.reverse();
    return states
      .slice(0, -1)
      .map((state, index) => revisionOf(state, states[index + 1] as State));
  }
}

function revisionOf(state: State, next: State): CandleRevision {
  const sources = sourcesOf(state.sources);
  return {
    revision: state.revision,
    at: state.at.getTime(),
    reasons: reasonsOf(sources),
    sources,
    trades: Number(state.added),
    changes: TRADED_FIELDS.flatMap((field) => {
      const [before, after] = [state[field], next[field]];
      return after === null || before === after
        ? []
        : [{ field, before, after }];
    }),
  };
}
