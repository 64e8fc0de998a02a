import { readConfig } from "../../src/config/config.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { StreamingFigures } from "../../src/streaming/streaming-figures.js";
import { KafkaTransport } from "../../src/streaming/kafka/kafka-transport.js";
import { chunks, generate } from "../harness/generate.js";

const PARTITIONS = 2;

/**
 * Makes the product's topics with this prefix, and puts trades into `trades` as the product does.
 */
export async function preload(
  brokers: string,
  prefix: string,
  trades: number,
  markets: number,
): Promise<void> {
  const transport = new KafkaTransport(
    readConfig({
      KAFKA_BROKERS: brokers,
      TOPIC_PREFIX: prefix,
      KAFKA_PARTITIONS: String(PARTITIONS),
    }),
    new StreamingFigures(new Metrics()),
  );
  await transport.start();
  try {
    for (const chunk of chunks(generate(trades, markets), 10_000))
      await transport.produce("trades", chunk);
  } finally {
    await transport.close();
  }
}

/** Random, so that runs share no group and no topic. */
export function randomName(kind: string): string {
  return `${kind}-${Math.random().toString(36).slice(2, 10)}`;
}
