import type { TopicName, TopicRecords } from "./topics.js";
import type { Origin, Undecodable } from "./transport.js";

/** A record to be handled, or the reason why it could not be decoded. */
export interface Item extends Origin {
  record: TopicRecords[TopicName] | undefined;
  undecodable: Undecodable | undefined;
}

/**
 * Enough for a batch at once: waiting for more makes records older and garbage collection slower.
 */
const FULL_BATCH_RECORDS = 5_000;
/** Limit of bulk batches while live records flow, so that these wait for a short batch at most. */
const BULK_RECORDS_BESIDE_LIVE = 2_000;
const LIVE_RECENTLY_MS = 1_000;

interface Queue<I> {
  items: I[];
  lastStart: number;
}

/** Delivers a batch to its handler; resolves with the items to deliver again. Never rejects. */
export type Deliver<I> = (topic: TopicName, items: readonly I[]) => Promise<readonly I[]>;

/**
 * Delivers one batch at a time from one queue for each topic. Batches adapt to the load: the
 * records that arrive during one batch are the next.
 *
 * A live topic is due when a full batch waits or at the lane's next turn, which comes every
 * `paceMs`; an idle lane starts at once. The turns of parallel lanes are staggered: two writes at
 * once would both take longer.
 *
 * Bulk is taken while no live topic is due. To require empty live queues would be too strict: with
 * a live record during each batch, bulk would never be handled. So live records wait for one bulk
 * batch at most.
 */
export class Lane<I extends Item> {
  private readonly queues = new Map<TopicName, Queue<I>>();
  private lastLive = -Infinity;
  private running: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private soon: NodeJS.Immediate | undefined;
  private stopped = false;
  private draining = false;

  constructor(
    private readonly rules: { maxBatch: number; paceMs: number },
    private readonly deliver: Deliver<I>,
    /** Delay of its turns after those of the first lane, as a part (0–1) of `paceMs`. */
    private readonly shift = 0,
  ) {}

  /** Records that wait for the handler, without those of the current batch. */
  waiting(topic?: TopicName): number {
    if (topic !== undefined) return this.queues.get(topic)?.items.length ?? 0;
    let sum = 0;
    for (const { items } of this.queues.values()) sum += items.length;
    return sum;
  }

  get idle(): boolean {
    return this.running === undefined && this.waiting() === 0;
  }

  push(topic: TopicName, items: readonly I[]): void {
    const { items: queue } = this.queueOf(topic);
    for (const item of items) queue.push(item);
    // After this turn of the event loop: further records of the same fetch or tick belong to this
    // batch.
    this.soon ??= setImmediate(() => {
      this.soon = undefined;
      this.next();
    });
  }

  /** Replaces the waiting records of a topic. */
  replace(topic: TopicName, by: (items: I[]) => I[]): void {
    const queue = this.queueOf(topic);
    queue.items = by(queue.items);
  }

  /** Drops the waiting records that match. */
  drop(matches: (item: I) => boolean): void {
    for (const queue of this.queues.values())
      queue.items = queue.items.filter((item) => !matches(item));
  }

  /** Starts no further batch; resolves when the current one has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  go(): void {
    this.stopped = false;
    this.next();
  }

  /** Delivers without a pace; resolves when nothing waits any more, or the lane was stopped. */
  async drain(): Promise<void> {
    this.draining = true;
    this.next();
    while (this.running !== undefined) await this.running;
    this.draining = false;
  }

  private queueOf(topic: TopicName): Queue<I> {
    let queue = this.queues.get(topic);
    if (queue === undefined) this.queues.set(topic, (queue = { items: [], lastStart: -Infinity }));
    return queue;
  }

  private next(): void {
    if (this.running !== undefined || this.stopped) return;
    clearTimeout(this.timer);
    const now = performance.now();
    const choice = this.choose(now);
    if (choice === undefined) return;
    if (typeof choice === "number") this.timer = setTimeout(() => this.next(), choice);
    else this.running = this.run(choice, this.take(choice, now));
  }

  /** The topic to take a batch from, or ms until one is due, or undefined when nothing waits. */
  private choose(now: number): TopicName | number | undefined {
    const { maxBatch } = this.rules;
    let bulk: TopicName | undefined;
    let live: TopicName | undefined;
    let due = Infinity;
    for (const [topic, { items, lastStart }] of this.queues) {
      if (items.length === 0) continue;
      // A full batch is due since the last one began: it goes first, and still alternates with
      // other topics.
      const from =
        items.length >= Math.min(maxBatch, FULL_BATCH_RECORDS)
          ? lastStart
          : this.turnAfter(lastStart);
      if (isBulk(topic)) bulk ??= topic;
      else if (live === undefined || from < due) {
        live = topic;
        due = from;
      }
    }
    if (live !== undefined && (due <= now || this.draining)) return live;
    if (bulk !== undefined || live === undefined) return bulk;
    return Math.ceil(due - now);
  }

  /**
   * The next turn after a batch that began then; at least half a pace after one that began between
   * turns.
   */
  private turnAfter(began: number): number {
    const { paceMs } = this.rules;
    if (paceMs === 0 || began === -Infinity) return began;
    const offset = this.shift * paceMs;
    const turn = (Math.floor((began - offset) / paceMs) + 1) * paceMs + offset;
    return turn - began < paceMs / 2 ? turn + paceMs : turn;
  }

  private take(topic: TopicName, now: number): I[] {
    const queue = this.queueOf(topic);
    queue.lastStart = now;
    if (!isBulk(topic)) this.lastLive = now;
    const limit =
      isBulk(topic) && now - this.lastLive < LIVE_RECENTLY_MS
        ? Math.min(BULK_RECORDS_BESIDE_LIVE, this.rules.maxBatch)
        : this.rules.maxBatch;
    return queue.items.splice(0, limit);
  }

  private async run(topic: TopicName, items: readonly I[]): Promise<void> {
    const again = await this.deliver(topic, items);
    if (again.length > 0) this.replace(topic, (waiting) => [...again, ...waiting]);
    this.running = undefined;
    this.next();
  }
}

function isBulk(topic: TopicName): boolean {
  return topic.endsWith(".bulk");
}
