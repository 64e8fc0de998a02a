import type { Trade } from "../../src/domain/trade.js";
import { MarketRegistry } from "../../src/persistence/merge/market-registry.js";
import type { KnownMarket } from "../../src/persistence/merge/write-batch.js";
import { Partitions } from "../../src/persistence/schema/partitions.js";
import { chunks, generate } from "../harness/generate.js";
import type { BenchDatabase } from "../harness/servers.js";
import { type WritingCost, timeWrites } from "./timed-writes.js";

/** A peer that stores only trades, over one connection. */
export interface TradesAlone {
  /** Resolves when they are committed. */
  store(trades: readonly Trade[], markets: ReadonlyMap<string, KnownMarket>): Promise<void>;
  close(): Promise<void>;
}

/** Lets a peer store trades into the product's tables. Throws when one is missing. */
export async function storeAlone(
  { url, source }: BenchDatabase,
  open: (url: string) => Promise<TradesAlone>,
  load: { trades: number; markets: number; batch: number },
): Promise<WritingCost> {
  const first = [...generate(load.markets, load.markets)];
  const byName = new Map(first.map((trade) => [trade.market, trade]));
  const markets = await new MarketRegistry(source).resolve(byName.keys(), byName);
  await new Partitions(source).ensure(first.map(({ time }) => time));
  const peer = await open(url);
  try {
    const cost = await timeWrites(
      source,
      chunks(generate(load.trades, load.markets), load.batch),
      (trades) => peer.store(trades, markets),
    );
    const [row] = await source.query<[{ rows: string }]>("SELECT count(*) AS rows FROM trade");
    if (Number(row.rows) !== load.trades)
      throw new Error(`${row.rows} of ${load.trades} trades are stored`);
    return cost;
  } finally {
    await peer.close();
  }
}
