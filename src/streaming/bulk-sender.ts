import { setMaxListeners } from "node:events";
import { canRetry } from "../domain/tapeline-error.js";
import type { TapeRecord } from "../domain/trade.js";
import { Backoff } from "../waiting/backoff.js";
import type { Transport } from "./transport.js";

const BATCH_RECORDS = 5_000;
/** As much as has room in-process: many records before each lane make large writes. */
const MAX_BATCHES_IN_FLIGHT = 10;
/** A batch is retried for this long while the broker or the database is unavailable. */
const RETRY_LIMIT_MS = 120_000;

/**
 * Sends history to topic `trades.bulk` in batches. A failed batch is retried: a second copy does no
 * harm.
 */
export class BulkSender {
  private batch: TapeRecord[] = [];
  private readonly inFlight = new Set<Promise<void>>();
  private failure: Error | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly signal: AbortSignal,
  ) {
    // Each batch in flight listens; Node warns of a leak above ten listeners.
    setMaxListeners(2 * MAX_BATCHES_IN_FLIGHT, signal);
  }

  add(record: TapeRecord): void {
    this.batch.push(record);
  }

  isFull(): boolean {
    return this.batch.length >= BATCH_RECORDS;
  }

  /**
   * Sends the batch; waits only while too many are in flight. Rejects when an earlier one has
   * failed finally.
   */
  async flush(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (this.batch.length === 0) return;
    const sent: Promise<void> = this.deliver(this.batch)
      .catch((error: unknown) => {
        this.failure ??= error as Error;
      })
      .finally(() => this.inFlight.delete(sent));
    this.batch = [];
    this.inFlight.add(sent);
    if (this.inFlight.size >= MAX_BATCHES_IN_FLIGHT) await Promise.race(this.inFlight);
  }

  /** Sends the rest; resolves when no added record can be lost any more. */
  async finish(): Promise<void> {
    await this.flush();
    await Promise.all(this.inFlight);
    if (this.failure !== undefined) throw this.failure;
  }

  private async deliver(batch: readonly TapeRecord[]): Promise<void> {
    const backoff = new Backoff(100, 5_000);
    const limit = performance.now() + RETRY_LIMIT_MS;
    for (;;) {
      try {
        await this.transport.produce("trades.bulk", batch, {
          signal: this.signal,
        });
        return;
      } catch (error) {
        if (this.signal.aborted || !canRetry(error) || performance.now() > limit) throw error;
      }
      await backoff.wait(this.signal);
    }
  }
}
