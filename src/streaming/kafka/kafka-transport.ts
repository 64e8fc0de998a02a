import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@nestjs/common";
import type { Config } from "../../config/config.js";
import { StreamingFigures } from "../streaming-figures.js";
import { encode, keyOf, partitionKeyOf } from "../codec.js";
import type { TopicName, TopicInput } from "../topics.js";
import {
  type Consumer,
  type ProduceOptions,
  type Subscription,
  Transport,
  TransportError,
} from "../transport.js";
import { connectClient } from "./client.js";
import { CONSUMER_TIMING, type ConsumerTiming, KafkaConsumer } from "./consumer.js";
import { PartitionTable, ensureTopics } from "./topic-settings.js";
import { KafkaWriter } from "./writer.js";

/** How long `produce` waits for the broker. */
const PRODUCE_LIMIT_MS = 10_000;
/** How long `start` waits: a broker that starts together with us may need a minute. */
const START_LIMIT_MS = 60_000;
const START_RETRY_MS = 1_000;

interface TopicWriter {
  table: PartitionTable;
  writer: KafkaWriter;
}

/** Apache Kafka, or a broker with the same protocol. */
export class KafkaTransport extends Transport {
  readonly kind = "kafka";
  private readonly logger = new Logger("KafkaTransport");
  private readonly consumers = new Set<KafkaConsumer>();
  private readonly topicWriters = new Map<TopicName, TopicWriter>();
  private readonly closing = new AbortController();
  private ended: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly figures: StreamingFigures,
    private readonly timing: ConsumerTiming = CONSUMER_TIMING,
  ) {
    super();
  }

  async start(): Promise<void> {
    const counts = await this.untilReachable(() => this.findTopics());
    const kafka = connectClient(this.config);
    for (const [topic, count] of counts) {
      const name = this.config.topicPrefix + topic;
      this.topicWriters.set(topic, {
        table: new PartitionTable(count),
        writer: new KafkaWriter(kafka, name, PRODUCE_LIMIT_MS),
      });
    }
  }

  async produce<N extends TopicName>(
    topic: N,
    records: readonly TopicInput[N][],
    { signal }: ProduceOptions = {},
  ): Promise<void> {
    signal?.throwIfAborted();
    this.closing.signal.throwIfAborted();
    if (records.length === 0) return;
    const topicWriter = this.topicWriters.get(topic);
    if (topicWriter === undefined)
      throw new TransportError("unavailable", "The broker has not been reached yet");
    const { table, writer } = topicWriter;
    await writer.write(
      records.length,
      (index) => {
        const record = records[index] as TopicInput[N];
        return {
          key: keyOf(topic, record),
          value: encode(topic, record),
          partition: table.partitionOf(partitionKeyOf(topic, record)),
        };
      },
      signal,
    );
  }

  async subscribe(subscription: Subscription): Promise<Consumer> {
    this.closing.signal.throwIfAborted();
    const tables = new Map(
      [...this.topicWriters]
        .filter(([topic]) => subscription.handlers.has(topic))
        .map(([topic, { table }]) => [topic, table]),
    );
    const consumer = new KafkaConsumer(
      this.config,
      subscription,
      tables,
      this.figures,
      this.timing,
    );
    this.consumers.add(consumer);
    await consumer.start();
    return consumer;
  }

  /** With a broker there is no capacity limit to wait for. */
  waiting(_topic: TopicName): number {
    return 0;
  }

  problem(): string | null {
    if (this.closing.signal.aborted) return "closed";
    if (this.topicWriters.size === 0) return "not connected yet";
    for (const { writer } of this.topicWriters.values())
      if (writer.trouble !== null) return writer.trouble;
    return null;
  }

  close(): Promise<void> {
    return (this.ended ??= this.end());
  }

  private async end(): Promise<void> {
    // Handlers that end now still publish their results.
    await Promise.all([...this.consumers].map((consumer) => consumer.close()));
    this.closing.abort(new TransportError("closed", "The transport is closed"));
    await Promise.all([...this.topicWriters.values()].map(({ writer }) => writer.close()));
  }

  private async findTopics(): Promise<Map<TopicName, number>> {
    const admin = connectClient(this.config).admin();
    try {
      await admin.connect();
      return await ensureTopics(admin, this.config);
    } finally {
      await admin.disconnect();
    }
  }

  private async untilReachable<T>(attempt: () => Promise<T>): Promise<T> {
    const limit = performance.now() + START_LIMIT_MS;
    const brokers = this.config.kafkaBrokers.join(",");
    for (let isLogged = false; ; isLogged = true) {
      try {
        return await attempt();
      } catch (error) {
        if (performance.now() > limit)
          throw new TransportError("unavailable", `No broker of KAFKA_BROKERS=${brokers} answers`, {
            cause: error,
          });
        if (!isLogged)
          this.logger.warn(
            `Waiting for a broker of KAFKA_BROKERS=${brokers}: ${(error as Error).message}`,
          );
      }
      await sleep(START_RETRY_MS, undefined, { signal: this.closing.signal });
    }
  }
}
