import { Logger } from "@nestjs/common";
import type { EachBatchPayload } from "kafkajs";
import { within } from "../../waiting/limit.js";
import { decode } from "../codec.js";
import { Courier } from "../courier.js";
import { type Item, Lane } from "../lanes.js";
import type { TopicName } from "../topics.js";
import type { Subscription } from "../transport.js";
import { latestTime } from "../validity.js";
import { KnownKeys } from "./known-keys.js";
import type { GroupOffsets, Offsets } from "./lag.js";
import { PartitionProgress } from "./partition-progress.js";
import type { KafkaSession } from "./session.js";

/**
 * A closing consumer waits for its handlers, then aborts them: 10 s in total, as the contract says.
 */
const DRAIN_MS = 8_000;
const GIVE_UP_MS = 2_000;
const COMMIT_LIMIT_MS = 3_000;

interface Read extends Item {
  progress: PartitionProgress;
}

/**
 * Records that a consumer has read and not yet committed. kafkajs fetches again only when all
 * batches of a fetch are handled; here a batch is only decoded and put into the lanes, so that
 * fetching continues while handlers write. Memory is bounded: a topic is paused while more than two
 * of its largest batches wait. Offsets are committed after handlers have resolved.
 *
 * In a rebalance, partitions that stay continue at their position. Lost partitions are dropped:
 * their waiting records are discarded, handlers that have some of them are aborted, and nothing of
 * them is committed any more.
 */
export class KafkaIntake {
  private readonly logger = new Logger("KafkaIntake");
  private readonly lanes: Lane<Read>[];
  private readonly couriers: Courier<Read>[];
  private readonly keys: KnownKeys;
  private readonly assigned = new Map<string, PartitionProgress>();
  private readonly paused = new Set<TopicName>();
  private readonly uncommitted = new Set<PartitionProgress>();
  /**
   * Start offsets of an ephemeral group's partitions, kept here because its commits would outlive
   * it.
   */
  private readonly starts = new Map<string, number>();
  private session: KafkaSession | undefined;
  private committing: Promise<void> | undefined;
  private closing = false;
  /** Time of the last read or handled record, by `performance.now()`. */
  lastProgress = performance.now();

  constructor(
    private readonly prefix: string,
    private readonly subscription: Subscription,
  ) {
    const { handlers, lanes } = subscription;
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
          async (topic, items) => {
            this.resumeIfRoom(topic);
            return courier.deliver(topic, items);
          },
          lane / lanes,
        ),
    );
  }

  get partitions(): number {
    return this.assigned.size;
  }

  waiting(topic?: TopicName): number {
    return this.lanes.reduce((sum, lane) => sum + lane.waiting(topic), 0);
  }

  get inFlight(): number {
    return this.couriers.reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  /** Records of our partitions that the broker has and we have not read. */
  unread({ ends, from }: GroupOffsets): number {
    let sum = 0;
    for (const { topic, partition, next } of this.assigned.values()) {
      const end = ends.get(topic)?.get(partition) ?? 0;
      const at = next ?? from.get(topic)?.get(partition) ?? end;
      sum += Math.max(0, end - at);
    }
    return sum;
  }

  /** Where an ephemeral group starts reading, whenever its partitions are assigned. */
  startAt(offsets: Offsets): void {
    for (const [topic, partitions] of offsets)
      for (const [partition, offset] of partitions)
        this.starts.set(`${topic}/${partition}`, offset);
  }

  /** Takes over the partitions of a session. */
  assign(session: KafkaSession, assignment: Record<string, number[]>): void {
    this.session = session;
    this.lastProgress = performance.now();
    const kept = new Set<string>();
    for (const [topic, partitions] of Object.entries(assignment))
      for (const partition of partitions) {
        const key = `${topic}/${partition}`;
        kept.add(key);
        const progress =
          this.assigned.get(key) ?? new PartitionProgress(topic, partition, this.lanes.length);
        progress.next ??= this.starts.get(key);
        this.assigned.set(key, progress);
        // kafkajs would start at the last commit.
        if (progress.next !== undefined) session.seek(topic, partition, progress.next);
      }
    this.dropPartitions((key) => !kept.has(key));
  }

  /** The session has ended: another member may have our partitions already. */
  unassign(): void {
    this.session = undefined;
    this.paused.clear();
    this.dropPartitions(() => true);
  }

  arrived(batch: EachBatchPayload["batch"]): void {
    const progress = this.assigned.get(`${batch.topic}/${batch.partition}`);
    if (progress === undefined || this.closing) return;
    this.lastProgress = performance.now();
    if (Number(batch.highWatermark) < (progress.next ?? 0)) progress.restart();
    const topic = batch.topic.slice(this.prefix.length) as TopicName;
    const parts = this.lanes.map((): Read[] => []);
    // The broker orders by its own clock: the timestamp of the newest record bounds the batch.
    const newest = batch.messages[batch.messages.length - 1];
    const latest = latestTime(Number(newest?.timestamp ?? 0));
    for (const { key, value, offset } of batch.messages) {
      // With all its fields: V8 would allocate a separate store, for each record, for a field added
      // later.
      const known = key === null ? undefined : this.keys.of(key);
      const item: Read = {
        partition: batch.partition,
        offset,
        key: known?.text ?? null,
        record: undefined,
        undecodable: undefined,
        progress,
      };
      // Records without a key keep the order of their partition.
      const lane = known?.lane ?? batch.partition % this.lanes.length;
      if (!progress.read(Number(offset), lane)) continue;
      decode(topic, item, value, latest);
      parts[lane]?.push(item);
    }
    for (const [lane, items] of parts.entries())
      if (items.length > 0) this.lanes[lane]?.push(topic, items);
    const { maxBatch } = this.subscription;
    if (this.waiting(topic) <= 2 * maxBatch || this.paused.has(topic)) return;
    this.paused.add(topic);
    this.session?.pause(batch.topic);
  }

  /**
   * Everything of a partition before `offset` has been read, including entries that are not
   * records.
   */
  readTo(topic: string, partition: number, offset: number): void {
    const progress = this.assigned.get(`${topic}/${partition}`);
    if (progress === undefined || this.closing) return;
    progress.skipTo(offset);
    if (!progress.idle) return;
    this.uncommitted.add(progress);
    this.commitSoon();
  }

  /** Commits what has been handled, unless a commit is running. */
  commitSoon(): void {
    this.committing ??= this.commit().finally(() => (this.committing = undefined));
  }

  /**
   * Waits, within a limit, for the running batches and commits them. Waiting records are delivered
   * again elsewhere.
   */
  async close(): Promise<void> {
    this.closing = true;
    for (const lane of this.lanes) lane.drop(() => true);
    const stopped = Promise.all(this.lanes.map((lane) => lane.stop()));
    await within(DRAIN_MS, stopped);
    for (const courier of this.couriers)
      courier.giveUp(new Error(`not handled within ${DRAIN_MS} ms of closing`));
    await within(GIVE_UP_MS, stopped);
    await within(COMMIT_LIMIT_MS, this.committing ?? Promise.resolve());
    this.commitSoon();
    await within(COMMIT_LIMIT_MS, this.committing ?? Promise.resolve());
  }

  private dropPartitions(isLost: (key: string) => boolean): void {
    const before = this.assigned.size;
    for (const [key, progress] of this.assigned) {
      if (!isLost(key)) continue;
      progress.lost = true;
      this.assigned.delete(key);
      this.uncommitted.delete(progress);
      const { safe } = progress;
      if (this.subscription.ephemeral && safe !== undefined) this.starts.set(key, safe);
    }
    if (this.assigned.size === before) return;
    for (const lane of this.lanes) lane.drop(({ progress }) => progress.lost);
    for (const courier of this.couriers) courier.revoke();
    for (const topic of [...this.paused]) this.resumeIfRoom(topic);
  }

  private handled(lane: number, items: readonly Read[]): void {
    this.lastProgress = performance.now();
    const counts = new Map<PartitionProgress, number>();
    for (const { progress } of items) counts.set(progress, (counts.get(progress) ?? 0) + 1);
    for (const [progress, count] of counts) {
      progress.handled(lane, count);
      if (!progress.lost) this.uncommitted.add(progress);
    }
    this.commitSoon();
  }

  private resumeIfRoom(topic: TopicName): void {
    if (!this.paused.has(topic)) return;
    if (this.waiting(topic) > this.subscription.maxBatch) return;
    this.paused.delete(topic);
    this.session?.resume(this.prefix + topic);
  }

  private async commit(): Promise<void> {
    while (this.uncommitted.size > 0 && this.session !== undefined) {
      const due = [...this.uncommitted].filter(
        ({ safe, committed }) => safe !== undefined && safe !== committed,
      );
      this.uncommitted.clear();
      if (due.length === 0) return;
      const offsets = due.map(({ safe }) => safe as number);
      try {
        await this.session.commit(
          due.map(({ topic, partition }, index) => ({
            topic,
            partition,
            offset: String(offsets[index]),
          })),
        );
      } catch (error) {
        // Rebalanced or disconnected: a later commit covers it, or the records are delivered again
        // without effect.
        this.logger.debug(`Commit failed, will retry: ${(error as Error).message}`);
        for (const progress of due) if (!progress.lost) this.uncommitted.add(progress);
        return;
      }
      for (const [index, progress] of due.entries()) progress.committed = offsets[index];
    }
  }
}
