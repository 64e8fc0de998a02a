import { DataSource } from "typeorm";
import { dataSourceOptions, serverDatabase } from "../../src/persistence/schema/database.js";
import { CandleEntity } from "../../src/persistence/schema/entities/candle.entity.js";
import { MarketEntity } from "../../src/persistence/schema/entities/market.entity.js";
import { StoredTradeSchema } from "./typeorm-trades.js";

/** Rows that it gave, from `start` (epoch ms) on. */
export type ReadPage = (market: string, start: number, limit: number) => Promise<number>;

/**
 * Pages as a Nest application reads them: rows that TypeORM makes objects of. Without coverage, so
 * that no candle is complete.
 */
export async function openPages(url: string): Promise<{
  candles: ReadPage;
  trades: ReadPage;
  close(): Promise<void>;
}> {
  const source = await new DataSource({
    ...dataSourceOptions(serverDatabase(url), 1),
    entities: [MarketEntity, CandleEntity, StoredTradeSchema],
    migrations: [],
  }).initialize();
  const idOf = async (name: string): Promise<number> =>
    (await source.getRepository(MarketEntity).findOneByOrFail({ name })).id;
  return {
    candles: async (market, start, limit) => {
      const candles = await source
        .getRepository(CandleEntity)
        .createQueryBuilder("c")
        .where("c.market_id = :id AND c.interval = '1s'", {
          id: await idOf(market),
        })
        .andWhere("c.open_time >= :start", { start })
        .orderBy("c.open_time")
        .limit(limit)
        .getMany();
      return candles.length;
    },
    trades: async (market, start, limit) => {
      const trades = await source
        .getRepository(StoredTradeSchema)
        .createQueryBuilder("t")
        .where("t.market_id = :id", { id: await idOf(market) })
        .andWhere("t.time >= :start", { start })
        .orderBy("t.time")
        .addOrderBy("t.ord")
        .limit(limit)
        .getMany();
      return trades.length;
    },
    close: () => source.destroy(),
  };
}
