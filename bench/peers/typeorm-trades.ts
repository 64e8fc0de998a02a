import { DataSource, EntitySchema, type Repository } from "typeorm";
import type { Trade } from "../../src/domain/trade.js";
import type { KnownMarket } from "../../src/persistence/merge/write-batch.js";
import { dataSourceOptions, serverDatabase } from "../../src/persistence/schema/database.js";
import type { TradesAlone } from "../writes/trades-alone.js";

/** A row of `trade` in TypeORM: values that a JavaScript number cannot hold are text. */
interface StoredTrade {
  marketId: number;
  time: string;
  id: string;
  ord: string;
  price: string;
  amount: string;
  count: number;
  takerSide: string;
  offBook: boolean;
  source: string;
  receivedAt: string;
}

export const StoredTradeSchema = new EntitySchema<StoredTrade>({
  name: "trade",
  tableName: "trade",
  columns: {
    marketId: { name: "market_id", type: "integer", primary: true },
    time: { type: "bigint", primary: true },
    id: { type: "text", primary: true },
    ord: { type: "bigint" },
    price: { type: "numeric" },
    amount: { type: "numeric" },
    count: { type: "integer" },
    takerSide: { name: "taker_side", type: "text" },
    offBook: { name: "off_book", type: "boolean" },
    source: { type: "text" },
    receivedAt: { name: "received_at", type: "bigint" },
  },
});

/**
 * `INSERT … ON CONFLICT DO UPDATE` over an entity of the table: the usual way of a Nest application
 * to handle duplicates.
 */
export const openUpsert = (url: string): Promise<TradesAlone> =>
  open(url, (repository, rows) => repository.upsert(rows, ["marketId", "time", "id"]));

/** `save`, as in TypeORM's introduction: it first selects the existing rows. */
export const openSave = (url: string): Promise<TradesAlone> =>
  open(url, (repository, rows) => repository.save(rows));

async function open(
  url: string,
  write: (repository: Repository<StoredTrade>, rows: StoredTrade[]) => Promise<unknown>,
): Promise<TradesAlone> {
  const source = await new DataSource({
    ...dataSourceOptions(serverDatabase(url), 1),
    entities: [StoredTradeSchema],
    migrations: [],
  }).initialize();
  const repository = source.getRepository(StoredTradeSchema);
  return {
    store: async (trades, markets) => {
      await write(repository, rowsOf(trades, markets));
    },
    close: () => source.destroy(),
  };
}

function rowsOf(
  trades: readonly Trade[],
  markets: ReadonlyMap<string, KnownMarket>,
): StoredTrade[] {
  return trades.map((trade) => ({
    marketId: markets.get(trade.market)?.id as number,
    time: String(trade.time),
    id: trade.id,
    ord: trade.ord,
    price: trade.price,
    amount: trade.amount,
    count: trade.count,
    takerSide: trade.takerSide,
    offBook: trade.offBook,
    source: trade.source,
    receivedAt: String(trade.receivedAt),
  }));
}
