/** Who asks, the most urgent first. */
export const URGENCIES = [
  "live",
  "repair",
  "reconciliation",
  "backfill",
] as const;
export type Urgency = (typeof URGENCIES)[number];

/** Part of the budget that may be used up when such a question goes: there is always some left for more urgent ones. */
const SHARE: Record<Urgency, number> = {
  live: 1,
  repair: 0.9,
  reconciliation: 0.8,
  backfill: 0.7,
};

/** Weight that a host was asked for, within a window that slides. Times are ms of a monotonic clock. */
export class RestBudget {
  private readonly used: { at: number; weight: number }[] = [];
  private sum = 0;

  constructor(
    private readonly maxWeight: number,
    private readonly perMs: number,
  ) {}

  /** Ms until a question of this weight may go; 0: now. One that is heavier than its share goes alone. */
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

  /** The host counts more than we have asked: somebody else asks from this address. */
  told(total: number, now: number): void {
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
