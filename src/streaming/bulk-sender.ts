import { setMaxListeners } from "node:events";
import { canRetry } from "../domain/tapeline-error.js";
import type { TapeRecord } from "../domain/trade.js";
import { Backoff } from "../waiting/backoff.js";
import type { Transport } from "./transport.js";

const BATCH = 5_000;
/** Batches on their way at once: as much as has room in-process. So much in front of each lane makes what is written together large. */
const IN_FLIGHT = 10;
/** A broker or a database may be away for this long; then it is an error. */
const PATIENCE_MS = 120_000;

/** History to topic `trades.bulk`, in batches. A second copy of a batch does no harm, so a failed one is sent again. */
export class BulkSender {
  private batch: TapeRecord[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private failure: Error | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly signal: AbortSignal,
  ) {
    // Each batch on its way listens; Node takes more than ten for a leak.
    setMaxListeners(2 * IN_FLIGHT, signal);
  }

  add(record: TapeRecord): void {
    this.batch.push(record);
  }

  isFull(): boolean {
    return this.batch.length >= BATCH;
  }

  /** Starts a batch; waits only while too many are under way. Rejects when an earlier one has failed for good. */
  async flush(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (this.batch.length === 0) return;
    const sent: Promise<void> = this.deliver(this.batch)
      .catch((error: unknown) => {
        this.failure ??= error as Error;
      })
      .finally(() => this.underWay.delete(sent));
    this.batch = [];
    this.underWay.add(sent);
    if (this.underWay.size >= IN_FLIGHT) await Promise.race(this.underWay);
  }

  /** Resolves when nothing that was added can be lost any more. */
  async finish(): Promise<void> {
    await this.flush();
    await Promise.all(this.underWay);
    if (this.failure !== undefined) throw this.failure;
  }

  private async deliver(batch: readonly TapeRecord[]): Promise<void> {
    const backoff = new Backoff(100, 5_000);
    const limit = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        await this.transport.produce("trades.bulk", batch, {
          signal: this.signal,
        });
        return;
      } catch (error) {
        if (
          this.signal.aborted ||
          !canRetry(error) ||
          performance.now() > limit
        )
          throw error;
      }
      await backoff.wait(this.signal);
    }
  }
}
