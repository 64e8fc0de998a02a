/** Purposes of a request, the most urgent first. */
export const URGENCIES = ["live", "repair", "reconciliation", "backfill"] as const;
export type Urgency = (typeof URGENCIES)[number];

/**
 * Share of the budget that requests of an urgency may use up: the rest is left for more urgent
 * ones.
 */
const SHARE: Record<Urgency, number> = {
  live: 1,
  repair: 0.9,
  reconciliation: 0.8,
  backfill: 0.7,
};

/** The request weight that a host allows in a sliding window. Times are ms of a monotonic clock. */
export class RestBudget {
  private readonly used: { at: number; weight: number }[] = [];
  private sum = 0;

  constructor(
    private readonly maxWeight: number,
    private readonly perMs: number,
  ) {}

  /**
   * Ms until a request of this weight may be sent; 0: now. One heavier than its share is sent
   * alone.
   */
  waitFor(weight: number, urgency: Urgency, now: number): number {
    this.forget(now);
    const share = this.maxWeight * SHARE[urgency];
    let left = this.sum;
    let wait = 0;
    for (const { at, weight: freed } of this.used) {
      if (left + weight <= share) break;
      left -= freed;
      wait = at + this.perMs - now;
    }
    return wait;
  }

  take(weight: number, now: number): void {
    this.used.push({ at: now, weight });
    this.sum += weight;
  }

  /**
   * The host counts more weight than we have used: another process sends requests from this
   * address.
   */
  reported(total: number, now: number): void {
    this.forget(now);
    if (total > this.sum) this.take(total - this.sum, now);
  }

  weightUsed(now: number): number {
    this.forget(now);
    return this.sum;
  }

  private forget(now: number): void {
    for (
      let oldest = this.used[0];
      oldest !== undefined && oldest.at + this.perMs <= now;
      oldest = this.used[0]
    ) {
      this.sum -= oldest.weight;
      this.used.shift();
    }
  }
}
