import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeadLetter } from "../../domain/dead-letter.js";
import type { Consumer, Delivery, Transport } from "../../streaming/transport.js";
import type { RefusedTally } from "./tally.js";

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

  constructor(private readonly venue: string) {}

  /**
   * Misses none that is told after it has resolved.
   *
   * @param prefix of consumer groups
   */
  async start(prefix: string, transport: Transport): Promise<void> {
    this.consumer = await transport.subscribe({
      group: `${prefix}replay.${randomUUID()}`,
      ephemeral: true,
      handlers: new Map([
        [
          "trades.dead",
          (delivery: Delivery) => {
            for (const letter of (delivery as Delivery<"trades.dead">).records) this.count(letter);
            return Promise.resolve();
          },
        ],
      ]),
      lanes: 1,
      maxBatch: 1_000,
      paceMs: 0,
    });
  }

  /** Reads what has been told until now; false when that takes too long. */
  async close(): Promise<boolean> {
    const { consumer } = this;
    if (consumer === undefined) return false;
    const now = Date.now();
    const isRead = await until(() => {
      const { assigned, lag, lagAt, queued } = consumer.status();
      return assigned && lag === 0 && queued === 0 && (lagAt ?? 0) >= now;
    }, READ_WITHIN_MS);
    await consumer.close();
    return isRead;
  }

  private count({ topic, key, reason, detail, payload }: DeadLetter): void {
    const isOfVenue = topic === "trades.bulk" && key?.startsWith(`${this.venue}:`) === true;
    if (!isOfVenue || !payload.includes('"source":"replay"')) return;
    const known = this.refused.get(reason);
    if (known === undefined) this.refused.set(reason, { count: 1, first: detail });
    else known.count++;
  }
}

async function until(isDone: () => boolean, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (!isDone()) {
    if (performance.now() > end) return false;
    await sleep(CHECK_EVERY_MS);
  }
  return true;
}
