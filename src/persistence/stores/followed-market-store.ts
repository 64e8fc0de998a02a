import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Market } from "../../domain/market.js";
import {
  FollowedMarketEntity,
  type FollowSource,
} from "../schema/followed-market.entity.js";

/** Markets that the processes of this database follow, whichever of them it is. */
@Injectable()
export class FollowedMarketStore {
  constructor(private readonly source: DataSource) {}

  /** A market that is known already stays as it is, and so does every market that is not named. */
  async keep(
    markets: readonly Market[],
    source: FollowSource,
    since: number,
  ): Promise<void> {
    if (markets.length === 0) return;
    await this.source
      .createQueryBuilder()
      .insert()
      .into(FollowedMarketEntity)
      // In one order, so that two processes that start together do not wait for each other in a circle.
      .values([...markets].sort().map((market) => ({ market, source, since })))
      .orIgnore()
      .execute();
  }

  /** By market. */
  all(): Promise<FollowedMarketEntity[]> {
    return this.source
      .getRepository(FollowedMarketEntity)
      .find({ order: { market: "ASC" } });
  }
}
