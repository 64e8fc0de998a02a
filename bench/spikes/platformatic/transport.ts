import { Admin, ProduceAcks, Producer, stringSerializers } from "@platformatic/kafka";
import type { Config } from "../../../src/config/config.js";
import type { StreamingFigures } from "../../../src/streaming/streaming-figures.js";
import { encode, keyOf, partitionKeyOf } from "../../../src/streaming/codec.js";
import { KafkaTransport } from "../../../src/streaming/kafka/kafka-transport.js";
import { PartitionTable } from "../../../src/streaming/kafka/topic-settings.js";
import type { TopicName, TopicRecords } from "../../../src/streaming/topics.js";
import {
  type Consumer,
  type ProduceOptions,
  type Subscription,
  Transport,
  TransportError,
} from "../../../src/streaming/transport.js";
import { PlatformaticConsumer } from "./consumer.js";

const TOPICS: readonly TopicName[] = ["trades", "trades.bulk", "candles", "feeds", "trades.dead"];
/** Records of one request, below a broker's usual limit of a million bytes. */
const CHUNK_RECORDS = 1_000;

/**
 * The contract on @platformatic/kafka, as far as its suite and the benchmark need it. Topics are
 * made by the product.
 */
export class PlatformaticTransport extends Transport {
  readonly kind = "kafka";
  private readonly producer: Producer<string, string, string, string>;
  private readonly tables = new Map<TopicName, PartitionTable>();
  private readonly consumers = new Set<PlatformaticConsumer>();
  private readonly writing = new Map<TopicName, Promise<void>>();
  private ended: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly figures: StreamingFigures,
  ) {
    super();
    this.producer = new Producer({
      clientId: "tapeline",
      bootstrapBrokers: [...config.kafkaBrokers],
      serializers: stringSerializers,
      idempotent: true,
      acks: ProduceAcks.ALL,
      autocreateTopics: false,
    });
  }

  async start(): Promise<void> {
    const maker = new KafkaTransport(this.config, this.figures);
    await maker.start();
    await maker.close();
    const admin = new Admin({
      clientId: "tapeline",
      bootstrapBrokers: [...this.config.kafkaBrokers],
    });
    const names = TOPICS.map((topic) => this.config.topicPrefix + topic);
    const { topics } = await admin.metadata({ topics: names });
    await admin.close();
    for (const topic of TOPICS) {
      const found = topics.get(this.config.topicPrefix + topic);
      this.tables.set(topic, new PartitionTable(found?.partitionsCount ?? 1));
    }
  }

  async produce<N extends TopicName>(
    topic: N,
    records: readonly TopicRecords[N][],
    { signal }: ProduceOptions = {},
  ): Promise<void> {
    signal?.throwIfAborted();
    if (this.ended !== undefined) throw new TransportError("closed", "The transport is closed");
    // Calls of one topic run in order.
    const before = this.writing.get(topic) ?? Promise.resolve();
    const own = before.catch(() => undefined).then(() => this.send(topic, records));
    this.writing.set(topic, own);
    await own;
  }

  private async send<N extends TopicName>(
    topic: N,
    records: readonly TopicRecords[N][],
  ): Promise<void> {
    const table = this.tables.get(topic) as PartitionTable;
    for (let at = 0; at < records.length; at += CHUNK_RECORDS)
      await this.producer.send({
        messages: records.slice(at, at + CHUNK_RECORDS).map((record) => ({
          topic: this.config.topicPrefix + topic,
          key: keyOf(topic, record),
          value: encode(topic, record),
          partition: table.partitionOf(partitionKeyOf(topic, record)),
        })),
      });
  }

  async subscribe(subscription: Subscription): Promise<Consumer> {
    const { kafkaBrokers, topicPrefix } = this.config;
    const tables = new Map([...this.tables].filter(([topic]) => subscription.handlers.has(topic)));
    const consumer = new PlatformaticConsumer(kafkaBrokers, topicPrefix, subscription, tables);
    this.consumers.add(consumer);
    await consumer.start();
    return consumer;
  }

  waiting(): number {
    return 0;
  }

  problem(): string | null {
    return this.ended === undefined ? null : "closed";
  }

  close(): Promise<void> {
    return (this.ended ??= this.end());
  }

  private async end(): Promise<void> {
    await Promise.all([...this.consumers].map((each) => each.close()));
    await Promise.allSettled(this.writing.values());
    await this.producer.close();
  }
}
