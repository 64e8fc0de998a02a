import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@nestjs/common";
import type { TopicName, TopicRecords } from "./topics.js";
import type {
  Delivery,
  Origin,
  Subscription,
  Undecodable,
} from "./transport.js";

/** A record on its way to the handler, or what could not be decoded. */
export interface Item {
  topic: TopicName;
  origin: Origin;
  record: TopicRecords[TopicName] | undefined;
  undecodable: Undecodable | undefined;
}

/** While live records flow, a bulk batch holds no more than this, so that they wait for a short one at most. */
const BULK_BESIDE_LIVE = 5_000;
const LIVE_RECENTLY_MS = 1_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

type Handlers = Pick<Subscription, "handlers" | "maxBatch" | "paceMs">;

/**
 * One handler call at a time over a growing queue. Batches adapt by themselves: whatever came in while the last batch
 * was handled is the next one. A batch begins when `maxBatch` records wait, or when `paceMs` has passed since the last
 * began; an idle lane begins at once. Live topics go before bulk. A batch whose handler fails comes again.
 */
export class Lane {
  private readonly logger = new Logger("Lane");
  private readonly queues = new Map<TopicName, Item[]>();
  private abort = new AbortController();
  private closed = false;
  private lastStart = -Infinity;
  private lastLive = -Infinity;
  private wake: (() => void) | undefined;
  private readonly ended: Promise<void>;

  constructor(
    private readonly options: Handlers,
    /** Called when the handler has resolved for these items. */
    private readonly handled: (items: readonly Item[]) => void,
  ) {
    this.ended = this.run();
  }

  /** Records that wait for the handler, those under way not counted. */
  waiting(topic?: TopicName): number {
    if (topic !== undefined) return this.queues.get(topic)?.length ?? 0;
    return [...this.queues.values()].reduce(
      (sum, queue) => sum + queue.length,
      0,
    );
  }

  push(topic: TopicName, items: readonly Item[]): void {
    const queue = this.queues.get(topic) ?? [];
    for (const item of items) queue.push(item);
    this.queues.set(topic, queue);
    this.wake?.();
  }

  /** Forgets what waits and tells the handler to give up: these records come again elsewhere. */
  reset(): void {
    this.queues.clear();
    this.abort.abort(new Error("the partitions were assigned anew"));
    this.abort = new AbortController();
  }

  /** Lets the batch under way end, and with `drain` those that wait; then nothing is handled any more. */
  async close(drain: boolean, limitMs: number): Promise<void> {
    if (!drain) this.queues.clear();
    this.closed = true;
    this.wake?.();
    const limit = setTimeout(
      () =>
        this.abort.abort(
          new Error(`not finished within ${limitMs} ms of closing`),
        ),
      limitMs,
    );
    try {
      await this.ended;
    } finally {
      clearTimeout(limit);
    }
  }

  private async run(): Promise<void> {
    for (;;) {
      const topic = this.next();
      if (topic === undefined) {
        if (this.closed) return;
        await this.sleepUntilWoken(undefined);
        continue;
      }
      const early = this.lastStart + this.options.paceMs - performance.now();
      if (
        early > 0 &&
        !this.closed &&
        this.waiting(topic) < this.options.maxBatch
      ) {
        await this.sleepUntilWoken(early);
        continue;
      }
      await this.deliver(topic, this.take(topic));
    }
  }

  /** Live topics first, the longest queue among them; bulk only when no live record waits. */
  private next(): TopicName | undefined {
    let chosen: TopicName | undefined;
    for (const [topic, queue] of this.queues) {
      if (queue.length === 0) continue;
      if (chosen === undefined || (isBulk(chosen) && !isBulk(topic)))
        chosen = topic;
      else if (
        isBulk(chosen) === isBulk(topic) &&
        queue.length > this.waiting(chosen)
      )
        chosen = topic;
    }
    return chosen;
  }

  private take(topic: TopicName): Item[] {
    const now = performance.now();
    this.lastStart = now;
    if (!isBulk(topic)) this.lastLive = now;
    const most =
      isBulk(topic) && now - this.lastLive < LIVE_RECENTLY_MS
        ? Math.min(BULK_BESIDE_LIVE, this.options.maxBatch)
        : this.options.maxBatch;
    return this.queues.get(topic)?.splice(0, most) ?? [];
  }

  private async deliver(topic: TopicName, items: Item[]): Promise<void> {
    const { signal } = this.abort;
    const handler = this.options.handlers.get(topic);
    const good = items.filter(({ record }) => record !== undefined);
    const delivery: Delivery = {
      topic,
      records: good.map(({ record }) => record as TopicRecords[TopicName]),
      origin: (index) => (good[index] as Item).origin,
      undecodable: items.flatMap(({ undecodable }) => undecodable ?? []),
      signal,
    };
    for (
      let delay = FIRST_RETRY_MS;
      ;
      delay = Math.min(delay * 2, LONGEST_RETRY_MS)
    ) {
      try {
        await handler?.(delivery);
        this.handled(items);
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.logger.error(
          `A batch of ${items.length} from ${topic} failed and is delivered again: ${String(error)}`,
        );
      }
      try {
        await sleep(delay * (0.5 + Math.random() / 2), undefined, { signal });
      } catch {
        // Closing, or the partitions are gone: they come again elsewhere.
        return;
      }
    }
  }

  private async sleepUntilWoken(ms: number | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((wake) => {
      this.wake = wake;
      if (ms !== undefined) timer = setTimeout(wake, ms);
    });
    clearTimeout(timer);
    this.wake = undefined;
  }
}

export function isBulk(topic: TopicName): boolean {
  return topic.endsWith(".bulk");
}

/** Stable spread of keys over lanes (FNV-1a). */
export function laneOf(key: string, lanes: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++)
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % lanes;
}
