import { Logger } from "@nestjs/common";
import { Backoff } from "../waiting/backoff.js";
import { pause } from "../waiting/pause.js";
import type { Item } from "./lanes.js";
import type { TopicName, TopicRecords } from "./topics.js";
import type { Delivery, DeliveryHandler, Undecodable } from "./transport.js";
import { TroubleLog } from "./trouble-log.js";

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

interface Attempt<I> {
  items: readonly I[];
  abort: AbortController;
}

interface TopicTrouble {
  log: TroubleLog;
  /** Batches that are being retried. */
  failing: number;
}

interface Options<I> {
  handlers: ReadonlyMap<TopicName, DeliveryHandler>;
  /** Called after the handler has resolved for these items. */
  handled: (items: readonly I[]) => void;
  /** Whether an item's partition was lost: it is not handled here any more. */
  isLost?: (item: I) => boolean;
}

/**
 * Delivers batches to their handlers, with retries and a capped backoff, until they are handled or
 * lost.
 */
export class Courier<I extends Item> {
  private readonly logger = new Logger("Delivery");
  private readonly attempts = new Set<Attempt<I>>();
  private readonly troubles = new Map<TopicName, TopicTrouble>();
  private ended: Error | undefined;

  constructor(private readonly options: Options<I>) {}

  get inFlight(): number {
    let sum = 0;
    for (const { items } of this.attempts) sum += items.length;
    return sum;
  }

  /** Never rejects. Resolves with the items that were not handled because of `giveUp`. */
  async deliver(topic: TopicName, items: readonly I[]): Promise<readonly I[]> {
    const backoff = new Backoff(FIRST_RETRY_MS, MAX_RETRY_MS);
    let batch = items;
    const trouble = this.troubleOf(topic);
    const done = (): void => {
      if (backoff.failures > 0 && --trouble.failing === 0)
        trouble.log.over(`All batches from ${topic} are handled again`);
    };
    while (batch.length > 0) {
      if (this.ended !== undefined) return batch;
      const attempt = { items: batch, abort: new AbortController() };
      const { signal } = attempt.abort;
      this.attempts.add(attempt);
      try {
        await this.options.handlers.get(topic)?.(deliveryOf(topic, batch, signal));
        this.options.handled(batch);
        done();
        return [];
      } catch (error) {
        if (!signal.aborted) {
          if (backoff.failures === 0) trouble.failing++;
          trouble.log.failed(`Batches from ${topic} fail and are retried: ${String(error)}`);
          await pause(backoff.next(), signal);
        }
      } finally {
        this.attempts.delete(attempt);
      }
      const { isLost } = this.options;
      if (isLost !== undefined) batch = batch.filter((item) => !isLost(item));
    }
    if (backoff.failures > 0) trouble.failing--;
    return [];
  }

  /**
   * Aborts the handlers of batches with lost items; the rest of such a batch is delivered again.
   */
  revoke(): void {
    const { isLost } = this.options;
    for (const { items, abort } of this.attempts)
      if (isLost !== undefined && items.some(isLost))
        abort.abort(new Error("the partitions were assigned elsewhere"));
  }

  /** Aborts all handlers, and delivers nothing more. */
  giveUp(reason: Error): void {
    this.ended = reason;
    for (const { abort } of this.attempts) abort.abort(reason);
  }

  private troubleOf(topic: TopicName): TopicTrouble {
    let trouble = this.troubles.get(topic);
    if (trouble === undefined) {
      trouble = { log: new TroubleLog(this.logger, "error"), failing: 0 };
      this.troubles.set(topic, trouble);
    }
    return trouble;
  }
}

function deliveryOf<I extends Item>(
  topic: TopicName,
  items: readonly I[],
  signal: AbortSignal,
): Delivery {
  const undecodable: Undecodable[] = [];
  for (const item of items) if (item.undecodable !== undefined) undecodable.push(item.undecodable);
  const good =
    undecodable.length === 0 ? items : items.filter(({ record }) => record !== undefined);
  return {
    topic,
    records: good.map(({ record }) => record as TopicRecords[TopicName]),
    origin: (index) => {
      const { partition, offset, key } = good[index] as I;
      return { partition, offset, key };
    },
    undecodable,
    signal,
  };
}
