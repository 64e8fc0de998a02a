import { setTimeout as sleep } from "node:timers/promises";

/** More doublings than any cap leaves room for; without a limit the step would end as Infinity. */
const MAX_DOUBLINGS = 20;

/** Waits that double up to a cap, with jitter so that many clients do not come back in step. */
export class Backoff {
  /** @param failed failures so far, where their count is kept elsewhere */
  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
    private failed = 0,
  ) {}

  /** In a row, each of them a call of `next`. */
  get failures(): number {
    return this.failed;
  }

  /** Half to all of the next step, ms. */
  next(): number {
    const step = Math.min(
      this.longestMs,
      this.firstMs * 2 ** Math.min(this.failed++, MAX_DOUBLINGS),
    );
    return Math.round(step * (0.5 + Math.random() / 2));
  }

  /** Only once things have really worked: an exchange that accepts and hangs up at once must not be hammered. */
  reset(): void {
    this.failed = 0;
  }

  /** Rejects when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    await sleep(this.next(), undefined, { signal });
  }
}
