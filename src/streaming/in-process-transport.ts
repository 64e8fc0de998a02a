import { setTimeout as sleep } from "node:timers/promises";
import { setMaxListeners } from "node:events";
import { Logger } from "@nestjs/common";
import { type Item, Lane, laneOf } from "./lanes.js";
import type { TopicName, TopicRecords } from "./topics.js";
import {
  type Consumer,
  type ConsumerStatus,
  type ProduceOptions,
  type Subscription,
  Transport,
  TransportError,
  keyOf,
} from "./transport.js";
import { defectOf } from "./validity.js";

/** Records of one topic that wait for a durable group; more, and `produce` waits. */
const CAPACITY = 50_000;
const ROOM_LIMIT_MS = 10_000;
/** Records that an ephemeral group may leave waiting; more, and its oldest are dropped: it must not slow the writing. */
const EPHEMERAL_CAPACITY = 100_000;
const CLOSE_LIMIT_MS = 10_000;
const PAYLOAD_CHARACTERS = 8_192;

interface Ticket {
  left: number;
  resolve: () => void;
}

interface Group {
  subscription: Subscription;
  lanes: Lane[];
}

/**
 * The log within one process: the same rules as Kafka, without what outlives the process. What was produced and not
 * yet handled is lost with it, and found again as a gap by its ids; therefore `produce` of trades resolves only after
 * the handler has.
 */
export class InProcessTransport extends Transport {
  readonly kind = "in-process";
  private readonly logger = new Logger("InProcessTransport");
  private readonly groups = new Set<Group>();
  private readonly tickets = new Map<Item, Ticket>();
  private readonly held = new Map<TopicName, number>();
  private readonly early: Item[] = [];
  private roomWaiters = 0;
  private offset = 0n;
  private readonly closing = new AbortController();

  constructor() {
    super();
    // One for each produce that waits, which the capacity bounds.
    setMaxListeners(0, this.closing.signal);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async produce<N extends TopicName>(
    topic: N,
    records: readonly TopicRecords[N][],
    options: ProduceOptions = {},
  ): Promise<void> {
    if (records.length === 0) return;
    const durable = topic === "trades" || topic === "trades.bulk";
    options.signal?.throwIfAborted();
    if (durable) await this.room(topic, records.length, options.signal);
    if (this.closing.signal.aborted) throw closed();
    const items = records.map((record) => this.item(topic, record));
    if (!durable) {
      for (const group of this.groups)
        if (group.subscription.handlers.has(topic))
          this.push(group, topic, items);
      return;
    }
    let resolve = (): void => undefined;
    const handled = new Promise<void>((done) => (resolve = done));
    const ticket = { left: items.length, resolve };
    for (const item of items) this.tickets.set(item, ticket);
    const group = this.durableGroup();
    if (group === undefined) this.early.push(...items);
    else this.push(group, topic, items);
    for (const other of this.groups)
      if (other !== group && other.subscription.handlers.has(topic))
        this.push(other, topic, items);
    await this.unlessAborted(handled, options.signal);
  }

  subscribe(subscription: Subscription): Promise<Consumer> {
    const lanes = Array.from(
      { length: subscription.lanes },
      () =>
        new Lane(
          subscription,
          subscription.ephemeral
            ? () => undefined
            : (items) => this.settle(items),
        ),
    );
    const group: Group = { subscription, lanes };
    this.groups.add(group);
    if (!subscription.ephemeral) {
      for (const item of this.early.splice(0))
        this.push(group, item.topic, [item]);
      subscription.onAssigned?.(() => true);
    }
    let ended: Promise<void> | undefined;
    return Promise.resolve({
      close: () => (ended ??= this.closeGroup(group)),
      status: () => this.statusOf(group),
    });
  }

  waiting(_topic: TopicName): number {
    return this.roomWaiters;
  }

  problem(): string | null {
    return this.closing.signal.aborted ? "closed" : null;
  }

  async close(): Promise<void> {
    this.closing.abort(closed());
    await Promise.all([...this.groups].map((group) => this.closeGroup(group)));
  }

  private durableGroup(): Group | undefined {
    for (const group of this.groups)
      if (!group.subscription.ephemeral) return group;
    return undefined;
  }

  private item<N extends TopicName>(topic: N, record: TopicRecords[N]): Item {
    const key =
      topic === "trades.dead" ? null : keyOf(record as { market: string });
    const origin = { partition: 0, offset: String(this.offset++), key };
    const defect = defectOf(topic, record);
    if (defect === undefined)
      return { topic, origin, record, undecodable: undefined };
    const payload = JSON.stringify(record).slice(0, PAYLOAD_CHARACTERS);
    return {
      topic,
      origin,
      record: undefined,
      undecodable: { ...origin, ...defect, payload },
    };
  }

  private push(group: Group, topic: TopicName, items: readonly Item[]): void {
    const { lanes, subscription } = group;
    if (subscription.ephemeral) {
      const excess =
        lanes.reduce((sum, lane) => sum + lane.waiting(), 0) +
        items.length -
        EPHEMERAL_CAPACITY;
      if (excess > 0) {
        this.logger.warn(
          `Group ${subscription.group} is too slow: ${items.length} records of ${topic} were not given to it`,
        );
        return;
      }
    }
    const parts = new Map<Lane, Item[]>();
    for (const item of items) {
      const lane = lanes[
        lanes.length === 1 ? 0 : laneOf(item.origin.key ?? "", lanes.length)
      ] as Lane;
      const part = parts.get(lane);
      if (part === undefined) parts.set(lane, [item]);
      else part.push(item);
    }
    for (const [lane, part] of parts) lane.push(topic, part);
  }

  private settle(items: readonly Item[]): void {
    for (const item of items) {
      const ticket = this.tickets.get(item);
      if (ticket === undefined) continue;
      this.tickets.delete(item);
      this.held.set(item.topic, (this.held.get(item.topic) ?? 0) - 1);
      if (--ticket.left === 0) ticket.resolve();
    }
  }

  /** Waits until the topic has room and takes it: a call larger than the whole capacity gets in when nothing else waits. */
  private async room(
    topic: TopicName,
    count: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (this.closing.signal.aborted) throw closed();
    if (this.take(topic, count)) return;
    const limit = Date.now() + ROOM_LIMIT_MS;
    this.roomWaiters += count;
    try {
      while (!this.take(topic, count)) {
        signal?.throwIfAborted();
        this.closing.signal.throwIfAborted();
        if (Date.now() > limit) {
          throw new TransportError(
            "full",
            `No room for ${count} records within ${ROOM_LIMIT_MS} ms: the database is too slow or away`,
            true,
          );
        }
        await sleep(5);
      }
    } finally {
      this.roomWaiters -= count;
    }
  }

  private take(topic: TopicName, count: number): boolean {
    const held = this.held.get(topic) ?? 0;
    if (held > 0 && held + count > CAPACITY) return false;
    this.held.set(topic, held + count);
    return true;
  }

  private async unlessAborted<T>(
    promise: Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const { signal: closing } = this.closing;
    let stop = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      stop = () =>
        reject((signal?.aborted === true ? signal : closing).reason as Error);
      for (const each of [signal, closing]) {
        if (each?.aborted === true) stop();
        each?.addEventListener("abort", stop, { once: true });
      }
    });
    try {
      return await Promise.race([promise, aborted]);
    } finally {
      for (const each of [signal, closing])
        each?.removeEventListener("abort", stop);
    }
  }

  private statusOf({ lanes }: Group): ConsumerStatus {
    const queued = lanes.reduce((sum, lane) => sum + lane.waiting(), 0);
    return {
      assigned: !this.closing.signal.aborted,
      lag: queued,
      lagAt: Date.now(),
      queued,
    };
  }

  private async closeGroup(group: Group): Promise<void> {
    await Promise.all(
      group.lanes.map((lane) =>
        lane.close(!group.subscription.ephemeral, CLOSE_LIMIT_MS),
      ),
    );
    this.groups.delete(group);
  }
}

function closed(): TransportError {
  return new TransportError("closed", "The transport is closed", false);
}
