import type { TopicName, TopicRecords } from "./topics.js";
import type { Origin, Undecodable } from "./transport.js";

/** A record on its way to the handler, or what could not be decoded. */
export interface Item extends Origin {
  record: TopicRecords[TopicName] | undefined;
  undecodable: Undecodable | undefined;
}

/** So many records are worth a batch at once: to wait for more would only make them old, for the garbage collector too. */
const PLENTY = 5_000;
/** While live records flow, a bulk batch holds no more than this, so that they wait for a short one at most. */
const BULK_BESIDE_LIVE = 2_000;
const LIVE_RECENTLY_MS = 1_000;

interface Queue<I> {
  items: I[];
  lastStart: number;
}

/** Hands a batch to its handler; resolves with the items that are to be handed out again. Never rejects. */
export type Deliver<I> = (
  topic: TopicName,
  items: readonly I[],
) => Promise<readonly I[]>;

/**
 * One batch at a time over queues that grow meanwhile, one for each topic. Batches adapt by themselves: whatever came in
 * while the last batch was handled is the next one.
 *
 * A live topic is due when plenty of its records wait or at the lane's next turn, which comes every `paceMs`; an idle
 * lane begins at once. Turns of lanes side by side lie apart: two writes at once would both take longer.
 *
 * Bulk is taken while no live topic is due. While none has any record waiting would be too strict: with one coming in
 * during each batch, bulk would never have its turn. So live records wait for one bulk batch at most.
 */
export class Lane<I extends Item> {
  private readonly queues = new Map<TopicName, Queue<I>>();
  private lastLive = -Infinity;
  private underWay: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private soon: NodeJS.Immediate | undefined;
  private stopped = false;
  private draining = false;

  constructor(
    private readonly rules: { maxBatch: number; paceMs: number },
    private readonly deliver: Deliver<I>,
    /** Part of a pace by which its turns come after those of the first lane. */
    private readonly shift = 0,
  ) {}

  /** Records that wait for the handler, those under way not counted. */
  waiting(topic?: TopicName): number {
    if (topic !== undefined) return this.queues.get(topic)?.items.length ?? 0;
    let sum = 0;
    for (const { items } of this.queues.values()) sum += items.length;
    return sum;
  }

  get idle(): boolean {
    return this.underWay === undefined && this.waiting() === 0;
  }

  push(topic: TopicName, items: readonly I[]): void {
    const { items: queue } = this.queueOf(topic);
    for (const item of items) queue.push(item);
    // Not before the event loop has gone round: what the same fetch or tick still brings belongs to this batch.
    this.soon ??= setImmediate(() => {
      this.soon = undefined;
      this.next();
    });
  }

  /** Replaces what waits of a topic, such as by less. */
  replace(topic: TopicName, by: (items: I[]) => I[]): void {
    const queue = this.queueOf(topic);
    queue.items = by(queue.items);
  }

  /** Forgets what waits and is meant. */
  drop(isMeant: (item: I) => boolean): void {
    for (const queue of this.queues.values())
      queue.items = queue.items.filter((item) => !isMeant(item));
  }

  /** Begins no further batch; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.underWay;
  }

  go(): void {
    this.stopped = false;
    this.next();
  }

  /** From now on without a pace; resolves when nothing waits any more, or the lane was stopped. */
  async drain(): Promise<void> {
    this.draining = true;
    this.next();
    while (this.underWay !== undefined) await this.underWay;
    this.draining = false;
  }

  private queueOf(topic: TopicName): Queue<I> {
    let queue = this.queues.get(topic);
    if (queue === undefined)
      this.queues.set(topic, (queue = { items: [], lastStart: -Infinity }));
    return queue;
  }

  private next(): void {
    if (this.underWay !== undefined || this.stopped) return;
    clearTimeout(this.timer);
    const now = performance.now();
    const choice = this.choose(now);
    if (choice === undefined) return;
    if (typeof choice === "number")
      this.timer = setTimeout(() => this.next(), choice);
    else this.underWay = this.run(choice, this.take(choice, now));
  }

  /** The topic to take from now, or how long (ms) to wait for one, or undefined when nothing waits. */
  private choose(now: number): TopicName | number | undefined {
    const { maxBatch } = this.rules;
    let bulk: TopicName | undefined;
    let live: TopicName | undefined;
    let due = Infinity;
    for (const [topic, { items, lastStart }] of this.queues) {
      if (items.length === 0) continue;
      // Plenty is due since the last batch began: it goes first, and still takes turns with the other topics.
      const from =
        items.length >= Math.min(maxBatch, PLENTY)
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

  /** The next turn after a batch that began then; not at once after one that an idle lane began between two. */
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
    const most =
      isBulk(topic) && now - this.lastLive < LIVE_RECENTLY_MS
        ? Math.min(BULK_BESIDE_LIVE, this.rules.maxBatch)
        : this.rules.maxBatch;
    return queue.items.splice(0, most);
  }

  private async run(topic: TopicName, items: readonly I[]): Promise<void> {
    const again = await this.deliver(topic, items);
    if (again.length > 0)
      this.replace(topic, (waiting) => [...again, ...waiting]);
    this.underWay = undefined;
    this.next();
  }
}

function isBulk(topic: TopicName): boolean {
  return topic.endsWith(".bulk");
}
