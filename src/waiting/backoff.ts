import { setTimeout as sleep } from "node:timers/promises";

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Waits that double up to a cap, with jitter so that many clients do not come back in step. */
export class Backoff {
  private failures = 0;

  constructor(
    private readonly firstMs = FIRST_MS,
    private readonly longestMs = LONGEST_MS,
  ) {}

  /** Half to all of the next step, ms. */
  next(): number {
    const step = Math.min(
      this.longestMs,
      this.firstMs * 2 ** Math.min(this.failures++, 20),
    );
    return Math.round(step * (0.5 + Math.random() / 2));
  }

  /** Only once things have really worked: an exchange that accepts and hangs up at once must not be hammered. */
  reset(): void {
    this.failures = 0;
  }

  /** Rejects when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    await sleep(this.next(), undefined, { signal });
  }
}
