import { randomBytes } from "node:crypto";
import kafkajs from "kafkajs";
import { readConfig } from "../../src/config/config.js";
import type { Trade } from "../../src/domain/trade.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { StreamingFigures } from "../../src/streaming/streaming-figures.js";
import { KafkaTransport } from "../../src/streaming/kafka/kafka-transport.js";
import { type Settings, until } from "../../test/support/app.js";
import { chunks } from "../harness/generate.js";

const CHUNK = 10_000;
/** A killed member stays in its group for 6 s. */
const FORGET_LIMIT_MS = 30_000;

/** Topics of the product with trades in `trades`, read again from the beginning by each run. */
export class TradesTopic {
  private constructor(
    private readonly admin: kafkajs.Admin,
    /** Settings for a process of the product that reads them. */
    readonly settings: Settings,
  ) {}

  /** Makes the topics as the product does, with its default 12 partitions, and fills one. */
  static async fill(
    brokers: string,
    trades: Iterable<Trade>,
    said: (sent: number) => void = () => undefined,
  ): Promise<TradesTopic> {
    const settings = {
      KAFKA_BROKERS: brokers,
      TOPIC_PREFIX: `bench-${randomBytes(4).toString("hex")}.`,
    };
    const transport = new KafkaTransport(readConfig(settings), new StreamingFigures(new Metrics()));
    await transport.start();
    try {
      let sent = 0;
      for (const chunk of chunks(trades, CHUNK)) {
        await transport.produce("trades", chunk);
        said((sent += chunk.length));
      }
    } finally {
      await transport.close();
    }
    const kafka = new kafkajs.Kafka({
      brokers: [brokers],
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const admin = kafka.admin();
    await admin.connect();
    return new TradesTopic(admin, settings);
  }

  /** Makes recorders that start later read from the first trade. */
  async forgetReaders(): Promise<void> {
    const group = `${this.settings["TOPIC_PREFIX"]}recorder`;
    let problem = "";
    await until(
      async () => {
        try {
          await this.admin.deleteGroups([group]);
          return true;
        } catch (error) {
          problem = String(error);
          return false;
        }
      },
      FORGET_LIMIT_MS,
      () => problem,
    );
  }

  /** Deletes the topics. */
  async close(): Promise<void> {
    const topics = await this.admin.listTopics();
    const prefix = this.settings["TOPIC_PREFIX"] as string;
    await this.admin.deleteTopics({
      topics: topics.filter((name) => name.startsWith(prefix)),
    });
    await this.admin.disconnect();
  }
}
