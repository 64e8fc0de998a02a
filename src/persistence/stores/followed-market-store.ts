import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Market } from "../../domain/market.js";
import {
  FollowedMarketEntity,
  type FollowSource,
} from "../schema/entities/followed-market.entity.js";

/** Markets that any process of this database follows. */
@Injectable()
export class FollowedMarketStore {
  constructor(private readonly source: DataSource) {}

  /** Adds markets; those in the table already, and those not named, are unchanged. */
  async keep(markets: readonly Market[], source: FollowSource, since: number): Promise<void> {
    if (markets.length === 0) return;
    await this.source
      .createQueryBuilder()
      .insert()
      .into(FollowedMarketEntity)
      // Sorted, so that two processes that start together do not deadlock.
      .values([...markets].sort().map((market) => ({ market, source, since })))
      .orIgnore()
      .execute();
  }

  /** By market. */
  all(): Promise<FollowedMarketEntity[]> {
    return this.source.getRepository(FollowedMarketEntity).find({ order: { market: "ASC" } });
  }
}
