import { setTimeout as sleep } from "node:timers/promises";
import kafkajs from "kafkajs";
import pg from "pg";
import { DataSource } from "typeorm";
import type { Candle } from "../../src/domain/candle.js";
import type { Trade } from "../../src/domain/trade.js";
import { MarketRegistry } from "../../src/persistence/merge/market-registry.js";
import { TapeWriter } from "../../src/persistence/merge/tape-writer.js";
import { dataSourceOptions, serverDatabase } from "../../src/persistence/schema/database.js";
import { Partitions } from "../../src/persistence/schema/partitions.js";

/**
 * The usual hand-written code, with Tapeline's SQL: kafkajs `eachBatch`, one connection for each of
 * two partitions, the same statement, the newest state of touched candles published every 100 ms
 * with `acks=all`, offsets committed by kafkajs. No validation, no dead letters, no priorities, no
 * recovery.
 *
 * Arguments: brokers, topic prefix, database URL.
 */
const [brokers = "", prefix = "", url = ""] = process.argv.slice(2);
const FLUSH_MS = 100;

const database = serverDatabase(url);
const source = await new DataSource(dataSourceOptions(database, 4)).initialize();
const registry = new MarketRegistry(source);
const partitions = new Partitions(source);
const writer = new TapeWriter();
const kafka = new kafkajs.Kafka({
  brokers: [brokers],
  logLevel: kafkajs.logLevel.NOTHING,
});
const producer = kafka.producer({
  createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
});
await producer.connect();
const consumer = kafka.consumer({
  groupId: `${prefix}bare`,
  maxBytesPerPartition: 4 * 1024 * 1024,
  maxWaitTimeInMs: 100,
});
await consumer.connect();
await consumer.subscribe({ topic: `${prefix}trades`, fromBeginning: true });

const clients = new Map<number, pg.PoolClient>();
const pool = new pg.Pool({ connectionString: url, max: 4 });
const touched = new Map<string, Candle>();

await consumer.run({
  partitionsConsumedConcurrently: 2,
  eachBatch: async ({ batch }) => {
    const trades = batch.messages.map(
      ({ value }) => JSON.parse((value as Buffer).toString()) as Trade,
    );
    const first = new Map(trades.map((trade) => [trade.market, trade]));
    const markets = await registry.resolve(first.keys(), first);
    await partitions.ensure(new Set(trades.map(({ time }) => time)));
    const client = clients.get(batch.partition) ?? (await pool.connect());
    clients.set(batch.partition, client);
    const { candles } = await writer.write(client, trades, markets);
    for (const candle of candles)
      touched.set(`${candle.market}|${candle.interval}|${candle.openTime}`, candle);
  },
});

async function publish(): Promise<void> {
  if (touched.size === 0) return;
  const messages = [...touched].map(([key, candle]) => {
    return { key, value: JSON.stringify(candle) };
  });
  touched.clear();
  await producer.send({ topic: `${prefix}candles`, messages, acks: -1 });
}

let stopping = false;
process.once("SIGTERM", () => (stopping = true));
while (!stopping) {
  await sleep(FLUSH_MS);
  await publish();
}
await consumer.disconnect();
await publish();
await producer.disconnect();
process.exit(0);
