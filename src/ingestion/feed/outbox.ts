import { setMaxListeners } from "node:events";
import { Logger } from "@nestjs/common";
import { canRetry } from "../../domain/tapeline-error.js";
import type { TapeRecord } from "../../domain/trade.js";
import { type Transport, TransportError } from "../../streaming/transport.js";
import { Backoff } from "../../waiting/backoff.js";
import { pause } from "../../waiting/pause.js";

/** Records one connection may leave waiting; more, and its socket is no longer read. */
const CAPACITY = 20_000;
const BATCH = 5_000;
/** What comes within this time goes as one batch. */
const GATHER_MS = 1;
/**
 * Records, and batches, on their way at once. In-process, `produce` resolves only after the write, and a write begins once
 * per flush: what comes within a few flushes has to be with the transport by then, or it waits for the write after that.
 */
const RECORDS_IN_FLIGHT = 20_000;
const BATCHES_IN_FLIGHT = 256;
const COMPLAIN_EVERY_MS = 10_000;

/** From a socket's callbacks to the transport: never awaits a frame, and never grows without bound. */
export class Outbox {
  private readonly logger = new Logger("Outbox");
  private waiting: TapeRecord[] = [];
  private underWay = 0;
  private recordsUnderWay = 0;
  private complained = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private idle: (() => void)[] = [];
  private readonly closing = new AbortController();

  constructor(
    private readonly transport: Transport,
    private readonly onRoom: () => void,
  ) {
    // Each batch on its way listens to it; they are bounded above.
    setMaxListeners(0, this.closing.signal);
  }

  /** False when it is full: stop reading until `onRoom`. The records are taken all the same. */
  push(records: readonly TapeRecord[]): boolean {
    for (const record of records) this.waiting.push(record);
    this.timer ??= setTimeout(() => this.send(), GATHER_MS);
    return this.waiting.length < CAPACITY;
  }

  /** Gives up what waits, since the transport takes nothing; returns how many records. */
  drop(): number {
    const dropped = this.waiting.length;
    this.waiting = [];
    return dropped;
  }

  /** Sends what waits, as far as the transport takes it within the limit. */
  async close(limitMs: number): Promise<void> {
    clearTimeout(this.timer);
    const limit = setTimeout(
      () =>
        this.closing.abort(
          new TransportError("closed", "The feed is stopping"),
        ),
      limitMs,
    );
    try {
      this.send();
      while (this.underWay > 0)
        await new Promise<void>((resolve) => this.idle.push(resolve));
    } finally {
      clearTimeout(limit);
      this.closing.abort(new TransportError("closed", "The feed has stopped"));
      if (this.waiting.length > 0)
        this.logger.error(
          `${this.waiting.length} records were not taken in time and are lost`,
        );
    }
  }

  private send(): void {
    this.timer = undefined;
    while (
      this.waiting.length > 0 &&
      this.underWay < BATCHES_IN_FLIGHT &&
      this.recordsUnderWay < RECORDS_IN_FLIGHT &&
      !this.closing.signal.aborted
    ) {
      const batch = this.waiting.splice(0, BATCH);
      this.underWay++;
      this.recordsUnderWay += batch.length;
      void this.deliver(batch).finally(() => {
        this.underWay--;
        this.recordsUnderWay -= batch.length;
        if (this.waiting.length < CAPACITY / 2) this.onRoom();
        this.send();
        if (this.underWay === 0)
          for (const resolve of this.idle.splice(0)) resolve();
      });
    }
  }

  /** Once for all batches that have the same trouble. */
  private complain(error: unknown): void {
    const now = performance.now();
    if (now - this.complained < COMPLAIN_EVERY_MS) return;
    this.complained = now;
    const records = this.recordsUnderWay + this.waiting.length;
    this.logger.warn(`${records} records wait: ${String(error)}`);
  }

  /** Repeats until the transport has it or the feed stops: a second copy is harmless, a lost one is a gap. */
  private async deliver(batch: readonly TapeRecord[]): Promise<void> {
    const { signal } = this.closing;
    const backoff = new Backoff(100, 5_000);
    for (;;) {
      try {
        await this.transport.produce("trades", batch, { signal });
        return;
      } catch (error) {
        if (signal.aborted || !canRetry(error)) {
          this.logger.error(
            `${batch.length} records were not taken and are lost: ${String(error)}`,
          );
          return;
        }
        this.complain(error);
      }
      await pause(backoff.next(), signal);
    }
  }
}
