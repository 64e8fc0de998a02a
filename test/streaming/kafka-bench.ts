import kafkajs from "kafkajs";
import { readConfig } from "../../src/config/config.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { StreamingFigures } from "../../src/streaming/streaming-figures.js";
import { CONSUMER_TIMING, type ConsumerTiming } from "../../src/streaming/kafka/consumer.js";
import { KafkaTransport } from "../../src/streaming/kafka/kafka-transport.js";
import { randomPrefix } from "../support/kafka.js";
import type { Bench } from "./contract.js";

export interface KafkaBench extends Bench {
  transport: KafkaTransport;
  prefix: string;
  figures: StreamingFigures;
}

/** Topics of their own on the brokers, and the transport on them. */
export async function openKafka(
  brokers: string,
  timing: Partial<ConsumerTiming> = {},
): Promise<KafkaBench> {
  const prefix = randomPrefix();
  const figures = new StreamingFigures(new Metrics());
  const config = readConfig({
    KAFKA_BROKERS: brokers,
    TOPIC_PREFIX: prefix,
    KAFKA_PARTITIONS: "4",
  });
  const transports: KafkaTransport[] = [];
  const another = async (): Promise<KafkaTransport> => {
    const transport = new KafkaTransport(config, figures, {
      ...CONSUMER_TIMING,
      ...timing,
    });
    transports.push(transport);
    await transport.start();
    return transport;
  };
  return {
    transport: await another(),
    prefix,
    figures,
    group: `${prefix}recorder`,
    another,
    raw: (topic, key, value) => putRaw(brokers, prefix + topic, key, value),
    close: async () => {
      await Promise.all(transports.map((each) => each.close()));
    },
  };
}

/** A plain client of the broker, as another program would use. */
export function stranger(brokers: string): kafkajs.Kafka {
  return new kafkajs.Kafka({
    brokers: brokers.split(","),
    logLevel: kafkajs.logLevel.NOTHING,
  });
}

export async function putRaw(
  brokers: string,
  topic: string,
  key: string,
  value: Buffer,
): Promise<void> {
  const producer = stranger(brokers).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  try {
    await producer.send({ topic, messages: [{ key, value }] });
  } finally {
    await producer.disconnect();
  }
}
