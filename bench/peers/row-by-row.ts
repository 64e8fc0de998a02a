import kafkajs from "kafkajs";
import pg from "pg";

/**
 * As in tutorials: one message, one INSERT, one commit. Trades alone, no candles.
 *
 * Arguments: brokers, topic prefix, database URL, table.
 */
const [brokers = "", prefix = "", url = "", table = ""] = process.argv.slice(2);

const client = new pg.Client(url);
await client.connect();
const kafka = new kafkajs.Kafka({
  brokers: [brokers],
  logLevel: kafkajs.logLevel.NOTHING,
});
const consumer = kafka.consumer({ groupId: `${prefix}row-by-row` });
await consumer.connect();
await consumer.subscribe({ topic: `${prefix}trades`, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    const trade = JSON.parse(String(message.value)) as Record<string, unknown>;
    await client.query(
      `INSERT INTO ${table} (market, id, price, amount, "takerSide", time) VALUES ($1, $2, $3, $4, $5, $6)`,
      [
        trade["market"],
        trade["id"],
        trade["price"],
        trade["amount"],
        trade["takerSide"],
        trade["time"],
      ],
    );
  },
});
process.once("SIGTERM", () => {
  void consumer.disconnect().finally(() => process.exit(0));
});
