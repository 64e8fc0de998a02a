const SLOT_MS = 10_000;
const SLOTS = 30;

/**
 * A venue's clock, estimated from its messages without trusting our wall clock: when a message
 * arrives, the venue's clock has reached its exchange time. The message with the shortest latency
 * gives the largest difference, so the estimate is behind the venue by that latency and never ahead
 * of it.
 *
 * All local times are monotonic (`performance.now()`): a wrong or adjusted wall clock does not
 * matter. Differences expire after five minutes, since clocks drift.
 */
export class VenueClock {
  private readonly slots: { slot: number; offset: number }[] = [];

  /** @param exchangeTime epoch ms  @param local monotonic ms */
  observe(exchangeTime: number, local: number): void {
    const slot = Math.floor(local / SLOT_MS);
    const offset = exchangeTime - local;
    const newest = this.slots.at(-1);
    if (newest?.slot === slot) newest.offset = Math.max(newest.offset, offset);
    else this.slots.push({ slot, offset });
    if (this.slots.length > SLOTS) this.slots.shift();
  }

  /** Epoch ms, never ahead of the venue; undefined before the first message. */
  now(local: number): number | undefined {
    const oldest = Math.floor(local / SLOT_MS) - SLOTS;
    const recent = this.slots.filter(({ slot }) => slot >= oldest);
    // After a long silence an old estimate is still better than none.
    const known = recent.length > 0 ? recent : this.slots.slice(-1);
    return known.length === 0
      ? undefined
      : Math.floor(local + Math.max(...known.map(({ offset }) => offset)));
  }
}
