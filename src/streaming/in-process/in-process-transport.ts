import { StreamingFigures } from "../streaming-figures.js";
import { partitionKeyOf, refuse } from "../codec.js";
import type { TopicInput, TopicName, TopicRecords } from "../topics.js";
import {
  type Consumer,
  type ProduceOptions,
  type Subscription,
  Transport,
  TransportError,
} from "../transport.js";
import { defectOf, latestTime } from "../validity.js";
import { type Entry, InProcessGroup, type Ticket } from "./group.js";
import { Quota } from "./quota.js";

/** Records of one topic that its durable groups have not handled yet; beyond, `produce` waits. */
const CAPACITY_RECORDS = 50_000;
const ROOM_LIMIT_MS = 10_000;
const GAUGE_MS = 5_000;
const TOO_SLOW = "the database is too slow or away";

/**
 * The log within one process: the same rules as Kafka, without persistence. Records that were
 * produced and not yet handled are lost with the process, and found as a gap by their ids;
 * therefore `produce` of trades resolves only after every durable group has handled them.
 *
 * Trades without a group are kept, within the capacity, for the first durable group. Records of the
 * other topics reach only existing groups. Records are not copied: a handler must not change them.
 */
export class InProcessTransport extends Transport {
  readonly kind = "in-process";
  private readonly groups = new Map<string, InProcessGroup>();
  private readonly quotas = new Map<TopicName, Quota>();
  private readonly unread = new Map<TopicName, Entry[]>();
  private readonly tickets = new Set<Ticket>();
  // Dead letters need origins that stay unique over restarts: no process writes a record every µs.
  private offset = Date.now() * 1_000;
  private closed: TransportError | undefined;
  private ended: Promise<void> | undefined;
  private gauges: NodeJS.Timeout | undefined;

  constructor(private readonly figures?: StreamingFigures) {
    super();
  }

  start(): Promise<void> {
    this.gauges ??= setInterval(() => this.measure(), GAUGE_MS).unref();
    return Promise.resolve();
  }

  async produce<N extends TopicName>(
    topic: N,
    records: readonly TopicInput[N][],
    { signal }: ProduceOptions = {},
  ): Promise<void> {
    signal?.throwIfAborted();
    if (this.closed !== undefined) throw this.closed;
    if (records.length === 0) return;
    const awaited = isAwaited(topic);
    // Groups remain when their members leave: a topic with a reader before the wait has one after
    // it.
    if (awaited || this.durable(topic).length > 0)
      await this.quota(topic).enter(records.length, ROOM_LIMIT_MS, signal);
    const latest = latestTime();
    const entries = records.map((record) => this.entry(topic, record, latest));
    for (const group of this.groups.values())
      if (group.ephemeral && !group.memberless && group.reads(topic)) group.push(topic, entries);
    const handled = awaited ? this.ticket(entries) : undefined;
    this.append(topic, entries);
    if (handled !== undefined) await orAborted(handled, signal);
  }

  subscribe(subscription: Subscription): Promise<Consumer> {
    if (this.closed !== undefined) return Promise.reject(this.closed);
    const { group: name, ephemeral, handlers } = subscription;
    let group = this.groups.get(name);
    if (group === undefined) {
      group = new InProcessGroup(subscription, {
        handled: (entries) => this.settle(entries),
        dropped: (topic, count) => this.figures?.recordsDropped.inc({ group: name, topic }, count),
      });
      this.groups.set(name, group);
    }
    const consumer = group.join(subscription);
    if (!ephemeral)
      for (const topic of handlers.keys()) {
        const unread = this.unread.get(topic) ?? [];
        this.unread.delete(topic);
        this.append(topic, unread);
      }
    return Promise.resolve(consumer);
  }

  waiting(topic: TopicName): number {
    return this.quotas.get(topic)?.waiting ?? 0;
  }

  problem(): string | null {
    if (this.closed !== undefined) return "closed";
    return this.quotas.get("trades")?.full === true ? `trades wait for room: ${TOO_SLOW}` : null;
  }

  close(): Promise<void> {
    return (this.ended ??= this.end());
  }

  private async end(): Promise<void> {
    const closed = new TransportError("closed", "The transport is closed");
    this.closed = closed;
    clearInterval(this.gauges);
    for (const quota of this.quotas.values()) quota.close(closed);
    await Promise.all([...this.groups.values()].map((group) => group.close()));
    for (const { reject } of this.tickets) reject(closed);
    this.tickets.clear();
  }

  private durable(topic: TopicName): InProcessGroup[] {
    return [...this.groups.values()].filter((group) => !group.ephemeral && group.reads(topic));
  }

  private quota(topic: TopicName): Quota {
    let quota = this.quotas.get(topic);
    if (quota === undefined)
      this.quotas.set(topic, (quota = new Quota(CAPACITY_RECORDS, TOO_SLOW)));
    return quota;
  }

  private entry(topic: TopicName, record: TopicInput[TopicName], latest: number): Entry {
    const entry: Entry = {
      topic,
      partition: 0,
      offset: String(this.offset++),
      key: null,
      // What is no record of the topic is refused below.
      record: record as TopicRecords[TopicName],
      undecodable: undefined,
      open: 0,
      ticket: undefined,
    };
    const defect = defectOf(topic, record, latest);
    // An invalid record may have no market, or one that is not text.
    const key: unknown = partitionKeyOf(topic, record);
    entry.key = typeof key === "string" ? key : null;
    if (defect !== undefined) refuse(entry, defect, show(record));
    return entry;
  }

  /** Resolves when the durable groups have handled all of them. */
  private ticket(entries: readonly Entry[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const ticket: Ticket = { left: entries.length, resolve, reject };
      for (const entry of entries) entry.ticket = ticket;
      this.tickets.add(ticket);
    });
  }

  private append(topic: TopicName, entries: readonly Entry[]): void {
    const groups = this.durable(topic);
    for (const entry of entries) entry.open = groups.length;
    for (const group of groups) group.push(topic, entries);
    if (groups.length > 0 || !isAwaited(topic)) return;
    const unread = this.unread.get(topic) ?? [];
    for (const entry of entries) unread.push(entry);
    this.unread.set(topic, unread);
  }

  private settle(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.open === 0 || --entry.open > 0) continue;
      this.quota(entry.topic).leave(1);
      const { ticket } = entry;
      if (ticket === undefined || --ticket.left > 0) continue;
      this.tickets.delete(ticket);
      ticket.resolve();
    }
  }

  private measure(): void {
    for (const group of this.groups.values())
      for (const topic of group.topics)
        this.figures?.queueDepth.set({ queue: `${group.label} ${topic}` }, group.waiting(topic));
  }
}

function isAwaited(topic: TopicName): boolean {
  return topic === "trades" || topic === "trades.bulk";
}

function show(record: unknown): string {
  try {
    return JSON.stringify(record) ?? String(record);
  } catch (error) {
    return `not JSON: ${(error as Error).message}`;
  }
}

/** Rejects with the signal's reason when it aborts first. */
async function orAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
