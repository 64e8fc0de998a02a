import {
  Consumer as Client,
  type GroupPartitionsAssigner,
  type Message,
  type TopicWithPartitionAndOffset,
} from "@platformatic/kafka";
import { decode } from "../../../src/streaming/codec.js";
import { within } from "../../../src/waiting/limit.js";
import { Courier } from "../../../src/streaming/courier.js";
import { KnownKeys } from "../../../src/streaming/kafka/known-keys.js";
import { PartitionProgress } from "../../../src/streaming/kafka/partition-progress.js";
import type { PartitionTable } from "../../../src/streaming/kafka/topic-settings.js";
import { type Item, Lane } from "../../../src/streaming/lanes.js";
import type { TopicName } from "../../../src/streaming/topics.js";
import type { Consumer, ConsumerStatus, Subscription } from "../../../src/streaming/transport.js";
import { latestTime } from "../../../src/streaming/validity.js";

const DRAIN_MS = 8_000;
const GIVE_UP_MS = 2_000;
const CLOSE_LIMIT_MS = 5_000;
const COMMIT_EVERY_MS = 100;

interface Read extends Item {
  progress: PartitionProgress;
}

type Stream = Awaited<ReturnType<Client["consume"]>>;

/**
 * Partition p of every topic at one member: what kafka-assigner.ts does for kafkajs, without its
 * wire format.
 */
const sameMemberForEveryTopic: GroupPartitionsAssigner = (_current, members, topics, metadata) => {
  const ids = [...members.keys()].sort();
  return ids.map((memberId, index) => ({
    memberId,
    assignments: new Map(
      [...topics].map((topic) => {
        const count = metadata.topics.get(topic)?.partitionsCount ?? 0;
        const all = Array.from({ length: count }, (_, partition) => partition);
        const partitions = all.filter((each) => each % ids.length === index);
        return [topic, { topic, partitions }];
      }),
    ),
  }));
};

/**
 * Tapeline's lanes, courier and codec behind a stream of @platformatic/kafka. One stream a topic,
 * so that each pauses by itself.
 */
export class PlatformaticConsumer implements Consumer {
  private readonly client: Client;
  private readonly streams = new Map<TopicName, Stream>();
  private readonly lanes: Lane<Read>[];
  private readonly couriers: Courier<Read>[];
  private readonly keys: KnownKeys;
  private readonly assigned = new Map<string, PartitionProgress>();
  private committing: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private closed: Promise<void> | undefined;
  private closing = false;

  constructor(
    brokers: readonly string[],
    private readonly prefix: string,
    private readonly subscription: Subscription,
    private readonly tables: ReadonlyMap<TopicName, PartitionTable>,
  ) {
    const { group, handlers, lanes } = subscription;
    this.client = new Client({
      clientId: "tapeline",
      bootstrapBrokers: [...brokers],
      groupId: group,
      autocommit: false,
      sessionTimeout: 6_000,
      rebalanceTimeout: 15_000,
      heartbeatInterval: 1_500,
      minBytes: 1,
      maxWaitTime: 100,
      maxBytes: 8 * 1024 * 1024,
      maxBytesPerPartition: 4 * 1024 * 1024,
      // Its unit is a record: a largest batch, as our own intake holds two.
      highWaterMark: subscription.maxBatch,
      partitionAssigner: sameMemberForEveryTopic,
      protocols: [{ name: "SameMemberForEveryTopic", version: 0 }],
    });
    this.keys = new KnownKeys(lanes);
    this.couriers = Array.from(
      { length: lanes },
      (_, lane) =>
        new Courier<Read>({
          handlers,
          handled: (items) => this.handled(lane, items),
          isLost: ({ progress }) => progress.lost,
        }),
    );
    this.lanes = this.couriers.map(
      (courier, lane) =>
        new Lane<Read>(
          subscription,
          (topic, items) => {
            this.relieve(topic);
            return courier.deliver(topic, items);
          },
          lane / lanes,
        ),
    );
  }

  async start(): Promise<void> {
    this.client.on("consumer:group:join", () => this.joined());
    const topics = [...this.subscription.handlers.keys()];
    // All of them before the first join: another topic later is another rebalance.
    this.client.topics.trackAll(...topics.map((name) => this.prefix + name));
    for (const topic of topics) {
      const name = this.prefix + topic;
      const stream = await this.client.consume(
        this.subscription.ephemeral
          ? {
              topics: [name],
              mode: "manual",
              offsets: await this.endsOf(name),
            }
          : { topics: [name], mode: "committed", fallbackMode: "earliest" },
      );
      this.streams.set(topic, stream);
      stream.on("data", (message: Message) => this.arrived(topic, message));
      stream.on("error", () => undefined);
    }
    this.timer = setInterval(() => this.commitSoon(), COMMIT_EVERY_MS);
  }

  status(): ConsumerStatus {
    const queued = this.lanes.reduce((sum, lane) => sum + lane.waiting(), 0);
    const assigned = !this.closing && this.assigned.size > 0;
    return { assigned, lag: null, lagAt: null, queued };
  }

  close(): Promise<void> {
    return (this.closed ??= this.end());
  }

  /**
   * The start offsets of an ephemeral group. Mode `latest` would read them only after `consume` has
   * resolved, and skip records in between.
   */
  private async endsOf(topic: string): Promise<TopicWithPartitionAndOffset[]> {
    const found = await this.client.listOffsets({ topics: [topic] });
    return (found.get(topic) ?? []).map((offset, partition) => ({
      topic,
      partition,
      offset,
    }));
  }

  private joined(): void {
    const kept = new Set<string>();
    for (const { topic, partitions } of this.client.assignments ?? [])
      for (const partition of partitions) {
        const key = `${topic}/${partition}`;
        kept.add(key);
        if (!this.assigned.has(key))
          this.assigned.set(key, new PartitionProgress(topic, partition, this.lanes.length));
      }
    for (const [key, progress] of this.assigned) {
      if (kept.has(key)) continue;
      progress.lost = true;
      this.assigned.delete(key);
    }
    for (const lane of this.lanes) lane.drop(({ progress }) => progress.lost);
    for (const courier of this.couriers) courier.revoke();
    const owns = (market: string): boolean =>
      [...this.tables].some(([name, table]) =>
        kept.has(`${this.prefix}${name}/${table.partitionOf(market)}`),
      );
    this.subscription.onAssigned?.(owns, kept.size > 0);
  }

  private arrived(topic: TopicName, message: Message): void {
    const { partition, offset } = message;
    const progress = this.assigned.get(`${message.topic}/${partition}`);
    if (progress === undefined || this.closing) return;
    const known = message.key ? this.keys.of(message.key) : undefined;
    const lane = known?.lane ?? partition % this.lanes.length;
    if (!progress.read(Number(offset), lane)) return;
    const item: Read = {
      partition,
      offset: String(offset),
      key: known?.text ?? null,
      record: undefined,
      undecodable: undefined,
      progress,
    };
    decode(topic, item, message.value, latestTime(Number(message.timestamp)));
    this.lanes[lane]?.push(topic, [item]);
    if (this.waiting(topic) > 2 * this.subscription.maxBatch) this.streams.get(topic)?.pause();
  }

  private waiting(topic: TopicName): number {
    return this.lanes.reduce((sum, lane) => sum + lane.waiting(topic), 0);
  }

  private relieve(topic: TopicName): void {
    const stream = this.streams.get(topic);
    if (stream?.isPaused() && this.waiting(topic) <= this.subscription.maxBatch) stream.resume();
  }

  private handled(lane: number, items: readonly Read[]): void {
    for (const { progress } of items) progress.handled(lane, 1);
  }

  private commitSoon(): void {
    this.committing = this.committing.then(() => this.commit());
  }

  private async commit(): Promise<void> {
    const due = [...this.assigned.values()].filter(
      ({ safe, committed }) => safe !== undefined && safe !== committed,
    );
    if (due.length === 0) return;
    const offsets = due.map(({ topic, partition, safe }) => ({
      topic,
      partition,
      offset: BigInt(safe as number),
      leaderEpoch: -1,
    }));
    try {
      await this.client.commit({ offsets });
      for (const [index, progress] of due.entries())
        progress.committed = Number(offsets[index]?.offset);
    } catch {
      // Rebalanced or cut off: a later commit covers it.
    }
  }

  private async end(): Promise<void> {
    this.closing = true;
    clearInterval(this.timer);
    for (const lane of this.lanes) lane.drop(() => true);
    const stopped = Promise.all(this.lanes.map((lane) => lane.stop()));
    await within(DRAIN_MS, stopped);
    for (const courier of this.couriers) courier.giveUp(new Error("not handled in time"));
    await within(GIVE_UP_MS, stopped);
    this.commitSoon();
    await within(CLOSE_LIMIT_MS, this.committing);
    const left = new Promise<void>((done) => this.client.close(true, () => done()));
    await within(CLOSE_LIMIT_MS, left);
  }
}
