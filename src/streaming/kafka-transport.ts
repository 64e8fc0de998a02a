import { setTimeout as sleep } from "node:timers/promises";
import kafkajs, { type Kafka, type Message, type Producer } from "kafkajs";
import type { Config } from "../config.js";
import { Metrics } from "../metrics.js";
import { encode, keyOf, partitionKeyOf } from "./codec.js";
import { PartitionTable, connectClient, ensureTopics } from "./kafka-client.js";
import { KafkaConsumer } from "./kafka-consumer.js";
import type { TopicName, TopicRecords } from "./topics.js";
import {
  type Consumer,
  type ProduceOptions,
  type Subscription,
  Transport,
  TransportError,
} from "./transport.js";

/** Records of one request: about half a megabyte of trades, well below the broker's limit of one. */
const CHUNK = 2_000;
/** Records handed to the client and not yet acknowledged; more, and `produce` waits. */
const IN_FLIGHT = 100_000;
/** How long `produce` waits for room or for the broker. */
const LIMIT_MS = 10_000;
const ALL_REPLICAS = -1;

/** Apache Kafka and what speaks its protocol. The producer is idempotent: a retried request is not written twice. */
export class KafkaTransport extends Transport {
  readonly kind = "kafka";
  private readonly kafka: Kafka;
  private readonly consumers = new Set<KafkaConsumer>();
  private producer: Producer | undefined;
  private tables = new Map<TopicName, PartitionTable>();
  private inFlight = 0;
  private trouble: string | null = "not connected yet";
  private readonly closing = new AbortController();

  constructor(
    private readonly config: Config,
    private readonly metrics: Metrics,
  ) {
    super();
    this.kafka = connectClient(config);
  }

  async start(): Promise<void> {
    const counts = await this.untilReachable(() =>
      ensureTopics(this.kafka, this.config),
    );
    this.tables = new Map(
      [...counts].map(([topic, count]) => [topic, new PartitionTable(count)]),
    );
    this.producer = this.newProducer();
    await this.producer.connect();
    this.trouble = null;
  }

  async produce<N extends TopicName>(
    topic: N,
    records: readonly TopicRecords[N][],
    options: ProduceOptions = {},
  ): Promise<void> {
    const table = this.tables.get(topic);
    if (table === undefined)
      throw new TransportError(
        "unavailable",
        "The broker has not been reached yet",
        true,
      );
    for (let at = 0; at < records.length; at += CHUNK) {
      const chunk = records.slice(at, at + CHUNK);
      const messages = chunk.map((record) => ({
        key: keyOf(topic, record),
        value: encode(record),
        partition: table.partitionOf(partitionKeyOf(topic, record)),
      }));
      await this.send(topic, messages, options.signal);
    }
  }

  async subscribe(subscription: Subscription): Promise<Consumer> {
    const consumer = new KafkaConsumer(
      this.kafka,
      this.config.topicPrefix,
      subscription,
      this.tables,
      this.metrics,
    );
    this.consumers.add(consumer);
    await consumer.start();
    return consumer;
  }

  waiting(_topic: TopicName): number {
    return this.inFlight;
  }

  problem(): string | null {
    return this.trouble;
  }

  async close(): Promise<void> {
    this.closing.abort(
      new TransportError("closed", "The transport is closed", false),
    );
    await Promise.all([...this.consumers].map((consumer) => consumer.close()));
    await this.producer?.disconnect();
    this.trouble = "closed";
  }

  private newProducer(): Producer {
    return this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      // An idempotent producer that gives up leaves a hole in its sequence; we stop waiting instead, below.
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 2_000,
        retries: Number.MAX_SAFE_INTEGER,
      },
    });
  }

  private async send(
    topic: TopicName,
    messages: Message[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const limit = AbortSignal.timeout(LIMIT_MS);
    while (this.inFlight > 0 && this.inFlight + messages.length > IN_FLIGHT) {
      this.check(signal, limit, messages.length);
      await sleep(5);
    }
    this.check(signal, limit, messages.length);
    const { producer } = this;
    if (producer === undefined)
      throw new TransportError(
        "unavailable",
        "The producer is not connected",
        true,
      );
    this.inFlight += messages.length;
    const sent = producer
      .send({
        topic: this.config.topicPrefix + topic,
        messages,
        acks: ALL_REPLICAS,
      })
      .finally(() => (this.inFlight -= messages.length));
    await this.acknowledged(sent, signal);
  }

  /** Resolves with the broker's acknowledgement. Rejects after the limit, although the request may still succeed later. */
  private async acknowledged(
    sent: Promise<unknown>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let stop: (() => void) | undefined;
    const gaveUp = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.trouble = `no acknowledgement within ${LIMIT_MS} ms`;
        reject(
          new TransportError(
            "unavailable",
            `The broker did not acknowledge within ${LIMIT_MS} ms`,
            true,
          ),
        );
      }, LIMIT_MS);
      stop = () => reject(signal?.reason as Error);
      signal?.addEventListener("abort", stop, { once: true });
    });
    try {
      await Promise.race([sent, gaveUp]);
      this.trouble = null;
    } catch (error) {
      // The request goes on without us: its failure has been answered for.
      sent.catch(() => undefined);
      if (error instanceof TransportError || signal?.aborted === true)
        throw error;
      throw this.failed(error);
    } finally {
      clearTimeout(timer);
      if (stop !== undefined) signal?.removeEventListener("abort", stop);
    }
  }

  private failed(error: unknown): TransportError {
    const { message, type, retriable } = error as {
      message: string;
      type?: string;
      retriable?: boolean;
    };
    if (
      type === "OUT_OF_ORDER_SEQUENCE_NUMBER" ||
      type === "UNKNOWN_PRODUCER_ID" ||
      type === "INVALID_PRODUCER_EPOCH"
    )
      this.renewProducer();
    if (type === "MESSAGE_TOO_LARGE")
      return new TransportError("rejected", message, false, { cause: error });
    this.trouble = message;
    return new TransportError("unavailable", message, retriable !== false, {
      cause: error,
    });
  }

  /** A broker that lost its state knows this producer's sequence no more: only a new one can go on. */
  private renewProducer(): void {
    const old = this.producer;
    const fresh = this.newProducer();
    this.producer = undefined;
    old?.disconnect().catch(() => undefined);
    fresh.connect().then(
      () => (this.producer = fresh),
      (error: Error) => (this.trouble = error.message),
    );
  }

  private check(
    signal: AbortSignal | undefined,
    limit: AbortSignal,
    count: number,
  ): void {
    signal?.throwIfAborted();
    this.closing.signal.throwIfAborted();
    if (limit.aborted)
      throw new TransportError(
        "full",
        `No room for ${count} records within ${LIMIT_MS} ms: the broker is too slow or away`,
        true,
      );
  }

  /** A broker that starts together with us may need a minute. */
  private async untilReachable<T>(attempt: () => Promise<T>): Promise<T> {
    const limit = Date.now() + 60_000;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (Date.now() > limit) {
          throw new TransportError(
            "unavailable",
            `No broker of KAFKA_BROKERS=${this.config.kafkaBrokers.join(",")} answers`,
            true,
            { cause: error },
          );
        }
      }
      await sleep(1_000, undefined, { signal: this.closing.signal });
    }
  }
}
