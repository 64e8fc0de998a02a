import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@nestjs/common";
import type { Consumer as Client, EachBatchPayload, Kafka } from "kafkajs";
import { Metrics } from "../metrics.js";
import { decode } from "./codec.js";
import type { PartitionTable } from "./kafka-client.js";
import { KafkaLag } from "./kafka-lag.js";
import { type Item, Lane } from "./lanes.js";
import { OffsetLedger } from "./offset-ledger.js";
import type { TopicName } from "./topics.js";
import type { Consumer, ConsumerStatus, Subscription } from "./transport.js";

const SESSION_MS = 10_000;
const WATCH_MS = 5_000;
/** Neither a fetch nor a heartbeat for this long: the client has stopped without an error (kafkajs#1431, #1720). */
const SILENT_MS = 25_000;
/** Records behind, nothing under way and nothing arriving for this long: it fetches, but not what we need. */
const STALLED_MS = 60_000;
const FIRST_RESTART_MS = 500;
const LONGEST_RESTART_MS = 15_000;
const CLOSE_LIMIT_MS = 10_000;

/**
 * One consumer group's member. kafkajs fetches again only when all batches of a fetch are handled; here a batch is only
 * decoded and put into a lane, so that fetching goes on while the handler writes. Offsets are committed when the
 * handler has resolved. Topics are paused while more than two largest batches of them wait.
 */
export class KafkaConsumer implements Consumer {
  private readonly logger: Logger;
  private readonly lanes: Lane[];
  private readonly ledger = new OffsetLedger();
  private readonly lag: KafkaLag;
  private readonly paused = new Set<TopicName>();
  private client: Client | undefined;
  private assignment = new Map<TopicName, ReadonlySet<number>>();
  private lastSign = Date.now();
  private lastArrival = Date.now();
  private underWay = 0;
  private committing: Promise<void> = Promise.resolve();
  private watch: NodeJS.Timeout | undefined;
  private restarting: Promise<void> | undefined;
  private restartDelay = FIRST_RESTART_MS;
  private closed: Promise<void> | undefined;
  private readonly closing = new AbortController();

  constructor(
    private readonly kafka: Kafka,
    private readonly prefix: string,
    private readonly subscription: Subscription,
    private readonly tables: ReadonlyMap<TopicName, PartitionTable>,
    private readonly metrics: Metrics,
  ) {
    this.logger = new Logger(`Consumer ${subscription.group}`);
    this.lanes = Array.from(
      { length: subscription.lanes },
      () => new Lane(subscription, (items) => this.handled(items)),
    );
    this.lag = new KafkaLag(
      kafka,
      subscription.group,
      this.topics().map((topic) => prefix + topic),
      subscription.ephemeral,
    );
  }

  async start(): Promise<void> {
    await this.connect();
    this.watch = setInterval(() => void this.look(), WATCH_MS);
  }

  status(): ConsumerStatus {
    const assigned =
      [...this.assignment.values()].some((partitions) => partitions.size > 0) &&
      Date.now() - this.lastSign < SILENT_MS;
    return {
      assigned,
      lag: this.lag.latest,
      lagAt: this.lag.latestAt,
      queued: this.waiting(),
    };
  }

  close(): Promise<void> {
    return (this.closed ??= this.end());
  }

  private topics(): TopicName[] {
    return [...this.subscription.handlers.keys()];
  }

  private waiting(topic?: TopicName): number {
    return this.lanes.reduce((sum, lane) => sum + lane.waiting(topic), 0);
  }

  private async connect(): Promise<void> {
    const { group, ephemeral, lanes } = this.subscription;
    const client = this.kafka.consumer({
      groupId: group,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: 15_000,
      heartbeatInterval: 2_000,
      // A record is fetched at once; without one the broker answers after this time.
      minBytes: 1,
      maxWaitTimeInMs: 100,
      // Enough for a largest batch from one partition.
      maxBytesPerPartition: 4 * 1024 * 1024,
      maxBytes: 16 * 1024 * 1024,
      allowAutoTopicCreation: false,
      // We restart by ourselves, with a fresh client: what kafkajs calls not retriable passes too.
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 2_000,
        retries: 5,
        restartOnFailure: () => Promise.resolve(false),
      },
    });
    this.client = client;
    this.lastSign = Date.now();
    client.on(client.events.GROUP_JOIN, ({ payload }) =>
      this.joined(payload.memberAssignment),
    );
    client.on(client.events.REBALANCING, () => this.dropAll());
    client.on(client.events.HEARTBEAT, () => this.alive());
    client.on(client.events.FETCH, () => this.alive());
    client.on(client.events.CRASH, ({ payload }) =>
      this.restart(client, "crash", payload.error.message),
    );
    await client.connect();
    await client.subscribe({
      topics: this.topics().map((topic) => this.prefix + topic),
      fromBeginning: !ephemeral,
    });
    await client.run({
      autoCommit: false,
      partitionsConsumedConcurrently: lanes,
      eachBatch: (payload) => this.arrived(client, payload),
    });
  }

  private alive(): void {
    this.lastSign = Date.now();
  }

  private joined(assignment: Record<string, number[]>): void {
    // Whatever was fetched and not committed comes again, here or at another member.
    this.dropAll();
    this.alive();
    this.restartDelay = FIRST_RESTART_MS;
    this.assignment = new Map(
      Object.entries(assignment).map(([topic, partitions]) => [
        topic.slice(this.prefix.length) as TopicName,
        new Set(partitions),
      ]),
    );
    const mine = this.assignment;
    this.subscription.onAssigned?.((key) => {
      for (const [topic, partitions] of mine) {
        if (partitions.has(this.tables.get(topic)?.partitionOf(key) ?? -1))
          return true;
      }
      return false;
    });
  }

  private dropAll(): void {
    for (const lane of this.lanes) lane.reset();
    this.ledger.clear();
    this.paused.clear();
    this.underWay = 0;
    const topics = this.topics().map((topic) => ({
      topic: this.prefix + topic,
    }));
    try {
      this.client?.resume(topics);
    } catch (error) {
      // Not running yet: then nothing is paused either.
      this.logger.debug(String(error));
    }
  }

  private arrived(client: Client, { batch }: EachBatchPayload): Promise<void> {
    this.alive();
    if (client !== this.client) return Promise.resolve();
    this.lastArrival = Date.now();
    const topic = batch.topic.slice(this.prefix.length) as TopicName;
    const items = batch.messages.map((message) =>
      decode(topic, message, batch.partition),
    );
    this.underWay += items.length;
    // A partition stays in its lane: its offsets are then committed in order.
    this.lanes[batch.partition % this.lanes.length]?.push(topic, items);
    if (
      this.waiting(topic) > 2 * this.subscription.maxBatch &&
      !this.paused.has(topic)
    ) {
      this.paused.add(topic);
      client.pause([{ topic: batch.topic }]);
    }
    return Promise.resolve();
  }

  private handled(items: readonly Item[]): void {
    this.underWay = Math.max(0, this.underWay - items.length);
    this.lastArrival = Date.now();
    for (const { topic, origin } of items) {
      if (this.assignment.get(topic)?.has(origin.partition) === true)
        this.ledger.handled(this.prefix + topic, origin);
    }
    for (const topic of this.paused) {
      if (this.waiting(topic) > this.subscription.maxBatch) continue;
      this.paused.delete(topic);
      this.client?.resume([{ topic: this.prefix + topic }]);
    }
    this.committing = this.committing.then(() => this.commit());
  }

  private async commit(): Promise<void> {
    const offsets = this.ledger.take();
    if (offsets.length === 0) return;
    try {
      await this.client?.commitOffsets(offsets);
    } catch (error) {
      // Rebalanced or cut off: what was not committed is delivered again, and changes nothing the second time.
      this.logger.debug(`Offsets not committed: ${(error as Error).message}`);
    }
  }

  private async look(): Promise<void> {
    const lag = await this.lag.measure();
    const { group } = this.subscription;
    if (lag !== null) this.metrics.consumerLag.set({ group }, lag);
    for (const topic of this.topics())
      this.metrics.queueDepth.set(
        { queue: `${group} ${topic}` },
        this.waiting(topic),
      );
    const { client } = this;
    if (client === undefined || this.restarting !== undefined) return;
    const now = Date.now();
    if (now - this.lastSign > SILENT_MS)
      this.restart(
        client,
        "stalled",
        `no sign of life for ${SILENT_MS / 1_000} s`,
      );
    else if (
      (lag ?? 0) > 0 &&
      this.underWay === 0 &&
      now - this.lastArrival > STALLED_MS &&
      this.status().assigned
    ) {
      this.restart(
        client,
        "stalled",
        `${lag} records behind and nothing arrives`,
      );
    }
  }

  private restart(
    client: Client,
    cause: "crash" | "stalled",
    why: string,
  ): void {
    if (
      client !== this.client ||
      this.restarting !== undefined ||
      this.closing.signal.aborted
    )
      return;
    this.metrics.consumerRestarts.inc({
      group: this.subscription.group,
      cause,
    });
    this.logger.warn(
      `Consumer ${cause} (${why}); starting a new one in ${this.restartDelay} ms`,
    );
    this.client = undefined;
    this.assignment = new Map();
    this.dropAll();
    this.restarting = this.replace(client)
      .catch((error: unknown) => this.logger.debug(String(error)))
      .finally(() => (this.restarting = undefined));
  }

  private async replace(client: Client): Promise<void> {
    // A client that hangs may hang in disconnecting, too.
    await Promise.race([
      client.disconnect().catch(() => undefined),
      sleep(5_000),
    ]);
    for (;;) {
      await sleep(this.restartDelay * (0.5 + Math.random() / 2), undefined, {
        signal: this.closing.signal,
      });
      this.restartDelay = Math.min(this.restartDelay * 2, LONGEST_RESTART_MS);
      try {
        await this.connect();
        return;
      } catch (error) {
        this.logger.warn(`Cannot consume yet: ${(error as Error).message}`);
      }
    }
  }

  private async end(): Promise<void> {
    clearInterval(this.watch);
    this.closing.abort(new Error("closing"));
    await this.restarting;
    await Promise.all(
      this.lanes.map((lane) => lane.close(false, CLOSE_LIMIT_MS)),
    );
    await this.committing;
    await this.commit();
    await this.client
      ?.disconnect()
      .catch((error: Error) => this.logger.debug(error.message));
    await this.lag.close();
  }
}
