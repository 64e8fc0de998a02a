import { setTimeout as sleep } from "node:timers/promises";

/** More doublings than any cap needs; without a limit the step would become Infinity. */
const MAX_DOUBLINGS = 20;

/** Waits that double up to a cap, with jitter so that many clients do not retry in step. */
export class Backoff {
  /** @param failed failures so far, where their count is kept elsewhere */
  constructor(
    private readonly firstMs: number,
    private readonly maxMs: number,
    private failed = 0,
  ) {}

  /** Consecutive failures; each call of `next` is one. */
  get failures(): number {
    return this.failed;
  }

  /** The next wait in ms: half to all of the next step. */
  next(): number {
    const step = Math.min(this.maxMs, this.firstMs * 2 ** Math.min(this.failed++, MAX_DOUBLINGS));
    return Math.round(step * (0.5 + Math.random() / 2));
  }

  /**
   * Call only after real success: an exchange that accepts and hangs up at once must not be
   * hammered.
   */
  reset(): void {
    this.failed = 0;
  }

  /** Rejects when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    await sleep(this.next(), undefined, { signal });
  }
}
