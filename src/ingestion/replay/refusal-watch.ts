import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeadLetter } from "../../domain/dead-letter.js";
import type { Consumer, Delivery, Transport } from "../../streaming/transport.js";
import type { RefusedTally } from "./tally.js";

const ASSIGNED_WITHIN_MS = 10_000;
const READ_WITHIN_MS = 10_000;
const CHECK_EVERY_MS = 50;

/**
 * What recorders refuse of a venue's history while a replay runs: trades that contradict stored
 * ones, or that the tables do not take. They tell it by dead letters, at most 100 of a batch.
 */
export class RefusalWatch {
  /** By reason. */
  readonly refused = new Map<string, RefusedTally>();
  private consumer: Consumer | undefined;

  private constructor(private readonly venue: string) {}

  /** Resolves when it misses none any more, or when that takes too long. */
  static async start(venue: string, transport: Transport): Promise<RefusalWatch> {
    const watch = new RefusalWatch(venue);
    const consumer = await transport.subscribe({
      group: `tapeline.replay.${randomUUID()}`,
      ephemeral: true,
      handlers: new Map([
        [
          "trades.dead",
          (delivery: Delivery) => {
            for (const letter of (delivery as Delivery<"trades.dead">).records) watch.count(letter);
            return Promise.resolve();
          },
        ],
      ]),
      lanes: 1,
      maxBatch: 1_000,
      paceMs: 0,
    });
    watch.consumer = consumer;
    await until(() => consumer.status().assigned, ASSIGNED_WITHIN_MS);
    return watch;
  }

  /** Reads what has been told until now; throws nothing when that takes too long. */
  async close(): Promise<void> {
    const { consumer } = this;
    if (consumer === undefined) return;
    const now = Date.now();
    await until(() => {
      const { lag, lagAt, queued } = consumer.status();
      return lag === 0 && queued === 0 && (lagAt ?? 0) >= now;
    }, READ_WITHIN_MS);
    await consumer.close();
  }

  private count({ topic, key, reason, detail }: DeadLetter): void {
    if (topic !== "trades.bulk" || key?.startsWith(`${this.venue}:`) !== true) return;
    const known = this.refused.get(reason);
    if (known === undefined) this.refused.set(reason, { count: 1, first: detail });
    else known.count++;
  }
}

async function until(isDone: () => boolean, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  while (!isDone() && performance.now() < end) await sleep(CHECK_EVERY_MS);
}
