import { setMaxListeners } from "node:events";
import { Logger } from "@nestjs/common";
import { canRetry } from "../../domain/tapeline-error.js";
import type { TopicInput } from "../../streaming/topics.js";
import { type Transport, TransportError } from "../../streaming/transport.js";
import { Backoff } from "../../waiting/backoff.js";
import { pause } from "../../waiting/pause.js";

/** Records of one connection that may wait; beyond, its socket is paused. */
const CAPACITY_RECORDS = 20_000;
const BATCH_RECORDS = 5_000;
/** Records that come within this time are sent as one batch. */
const GATHER_MS = 1;
/**
 * Records and batches in flight. In-process, `produce` resolves only after the write, and a write
 * begins once per flush: records that come during a few flushes must be with the transport before
 * the next write, or they wait for the one after.
 */
const RECORDS_IN_FLIGHT = 20_000;
const BATCHES_IN_FLIGHT = 256;
const WARN_EVERY_MS = 10_000;

/**
 * Sends records from a socket's callbacks to the transport: never blocks the socket, and is
 * bounded.
 */
export class Outbox {
  private readonly logger = new Logger("Outbox");
  private waiting: TopicInput["trades"][] = [];
  private batchesInFlight = 0;
  private recordsInFlight = 0;
  private warnedAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private idle: (() => void)[] = [];
  private readonly closing = new AbortController();

  constructor(
    private readonly transport: Transport,
    private readonly onRoom: () => void,
  ) {
    // Each batch in flight listens to it; their number is bounded above.
    setMaxListeners(0, this.closing.signal);
  }

  /** False when it is full: stop reading until `onRoom`. The records are accepted in any case. */
  push(records: readonly TopicInput["trades"][]): boolean {
    for (const record of records) this.waiting.push(record);
    this.timer ??= setTimeout(() => this.send(), GATHER_MS);
    return this.waiting.length < CAPACITY_RECORDS;
  }

  /** Drops the waiting records and returns their number. */
  drop(): number {
    const dropped = this.waiting.length;
    this.waiting = [];
    return dropped;
  }

  /** Sends the waiting records, as far as the transport accepts them within the limit. */
  async close(limitMs: number): Promise<void> {
    clearTimeout(this.timer);
    const limit = setTimeout(
      () => this.closing.abort(new TransportError("closed", "The feed is stopping")),
      limitMs,
    );
    try {
      this.send();
      while (this.batchesInFlight > 0)
        await new Promise<void>((resolve) => this.idle.push(resolve));
    } finally {
      clearTimeout(limit);
      this.closing.abort(new TransportError("closed", "The feed has stopped"));
      if (this.waiting.length > 0)
        this.logger.error(`${this.waiting.length} records were not accepted in time and are lost`);
    }
  }

  private send(): void {
    this.timer = undefined;
    while (
      this.waiting.length > 0 &&
      this.batchesInFlight < BATCHES_IN_FLIGHT &&
      this.recordsInFlight < RECORDS_IN_FLIGHT &&
      !this.closing.signal.aborted
    ) {
      const batch = this.waiting.splice(0, BATCH_RECORDS);
      this.batchesInFlight++;
      this.recordsInFlight += batch.length;
      void this.deliver(batch).finally(() => {
        this.batchesInFlight--;
        this.recordsInFlight -= batch.length;
        if (this.waiting.length < CAPACITY_RECORDS / 2) this.onRoom();
        this.send();
        if (this.batchesInFlight === 0) for (const resolve of this.idle.splice(0)) resolve();
      });
    }
  }

  /** Once for all failing batches, at most every `WARN_EVERY_MS`. */
  private warn(error: unknown): void {
    const now = performance.now();
    if (now - this.warnedAt < WARN_EVERY_MS) return;
    this.warnedAt = now;
    const records = this.recordsInFlight + this.waiting.length;
    this.logger.warn(`${records} records wait, sending is retried: ${String(error)}`);
  }

  /**
   * Retries until the transport has the batch or the feed stops: a second copy is harmless, a lost
   * one is a gap.
   */
  private async deliver(batch: readonly TopicInput["trades"][]): Promise<void> {
    const { signal } = this.closing;
    const backoff = new Backoff(100, 5_000);
    for (;;) {
      try {
        await this.transport.produce("trades", batch, { signal });
        return;
      } catch (error) {
        if (signal.aborted || !canRetry(error)) {
          this.logger.error(
            `${batch.length} records were not accepted and are lost: ${String(error)}`,
          );
          return;
        }
        this.warn(error);
      }
      await pause(backoff.next(), signal);
    }
  }
}
