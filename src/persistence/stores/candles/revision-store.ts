import { Injectable } from "@nestjs/common";
import { DataSource, type EntityManager } from "typeorm";
import { type Interval, nextOpenTime } from "../../../domain/interval.js";
import type { Market } from "../../../domain/market.js";
import { type RevisionReason, TRADED_FIELDS, type TradedField } from "../../../domain/revision.js";
import type { TradeSource } from "../../../domain/trade.js";
import { CandleRevisionEntity } from "../../schema/entities/candle-revision.entity.js";
import { CandleEntity } from "../../schema/entities/candle.entity.js";
import { MarketEntity } from "../../schema/entities/market.entity.js";
import { requireBuilt } from "./not-built.js";
import { reasonsOfBits, sourcesOf } from "../../schema/revision-sources.js";

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
  /** Sources of the added trades. */
  sources: TradeSource[];
  /** Raw trades that were added. */
  trades: number;
  changes: FieldChange[];
}

export interface RevisionQuery {
  market: Market;
  interval: Interval;
  openTime: number;
  /** Only revisions after this one, a number as text. */
  after?: string;
  limit: number;
}

/** A candle's current values, or those before a revision. */
type State = CandleEntity | CandleRevisionEntity;

/** Revisions of closed candles: which values changed, and why. */
@Injectable()
export class RevisionStore {
  constructor(private readonly source: DataSource) {}

  /**
   * Ascending: the oldest after `after`, or without it the newest. Undefined when there is no such
   * candle; throws `not_built` when it is not built. Revisions made before the history existed are
   * missing.
   */
  async page(
    query: RevisionQuery,
    manager: EntityManager = this.source.manager,
  ): Promise<CandleRevision[] | undefined> {
    const { market: name, interval, openTime, after, limit } = query;
    const market = await manager.getRepository(MarketEntity).findOneBy({ name });
    if (market === null) return undefined;
    const key = { marketId: market.id, interval, openTime };
    const candle = await manager.getRepository(CandleEntity).findOneBy(key);
    if (candle === null) {
      const bucket = { from: openTime, to: nextOpenTime(interval, openTime) };
      await requireBuilt(manager, name, interval, bucket);
      return undefined;
    }
    const revisions = await manager
      .getRepository(CandleRevisionEntity)
      .createQueryBuilder("r")
      .where(key)
      // Revisions made after the candle was read are left out.
      .andWhere("r.revision > :after::bigint AND r.revision <= :newest", {
        after: after ?? "0",
        newest: candle.revision,
      })
      .orderBy("r.revision", after === undefined ? "DESC" : "ASC")
      .limit(limit + 1)
      .getMany();
    // A row holds the values before its revision, hence those after the previous one; the candle
    // holds the last.
    const isDense = market.ids === "dense";
    if (after === undefined) {
      const newest = revisions.slice(0, limit).reverse();
      return changesOf(newest, candle, isDense);
    }
    return changesOf(revisions.slice(0, limit), revisions[limit] ?? candle, isDense);
  }
}

/** @param last the values after the last of the revisions */
function changesOf(
  revisions: readonly CandleRevisionEntity[],
  last: State,
  isDense: boolean,
): CandleRevision[] {
  return revisions.map((revision, index) => {
    const before = fieldsOf(revision, isDense);
    const after = fieldsOf(revisions[index + 1] ?? last, isDense);
    return {
      revision: revision.revision,
      at: revision.at,
      reasons: reasonsOfBits(revision.sources),
      sources: sourcesOf(revision.sources),
      trades: revision.added,
      changes: TRADED_FIELDS.flatMap((field) => {
        const [was, is] = [before[field], after[field]];
        return is === null || was === is ? [] : [{ field, before: was, after: is }];
      }),
    };
  });
}

function fieldsOf(
  { trades, idFrom, idTo, ...figures }: State,
  isDense: boolean,
): Record<TradedField, string | null> {
  return {
    ...figures,
    trades: trades === null ? null : String(trades),
    firstTradeId: isDense ? idFrom : null,
    lastTradeId: isDense && idTo !== null ? (BigInt(idTo) - 1n).toString() : null,
  };
}
