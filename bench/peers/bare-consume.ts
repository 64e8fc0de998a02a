import kafkajs from "kafkajs";
import { Tally } from "../kafka/tally.js";

/**
 * The usual hand-written code: kafkajs `eachBatch`, both partitions side by side, `JSON.parse`,
 * offsets committed by kafkajs. No validation, no bounds, no recovery.
 *
 * Arguments: brokers, topic prefix, group, trades, markets. Prints a `Consumed`.
 */
const [brokers = "", prefix = "", groupId = ""] = process.argv.slice(2);
const [trades = 0, markets = 0] = process.argv.slice(5).map(Number);

const tally = new Tally(trades, markets);
const kafka = new kafkajs.Kafka({
  brokers: [brokers],
  logLevel: kafkajs.logLevel.NOTHING,
});
const consumer = kafka.consumer({
  groupId,
  maxBytesPerPartition: 4 * 1024 * 1024,
  maxWaitTimeInMs: 100,
});
await consumer.connect();
await consumer.subscribe({ topic: `${prefix}trades`, fromBeginning: true });
await consumer.run({
  partitionsConsumedConcurrently: 2,
  eachBatch: ({ batch: { messages } }) => {
    for (const { value } of messages)
      tally.see(
        JSON.parse((value as Buffer).toString()) as {
          market: string;
          id: string;
        },
      );
    tally.handled();
    return Promise.resolve();
  },
});
await tally.all();
await consumer.disconnect();
process.stdout.write(`${JSON.stringify(tally.result())}\n`);
process.exit(0);
