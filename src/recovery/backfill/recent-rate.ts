const WINDOW_MS = 5_000;

/** A rate per second over the last seconds. */
export class RecentRate {
  private readonly counts: { at: number; count: number }[] = [];
  private readonly began = performance.now();

  add(count: number): void {
    this.counts.push({ at: performance.now(), count });
  }

  perSecond(): number {
    const now = performance.now();
    while ((this.counts[0]?.at ?? now) < now - WINDOW_MS) this.counts.shift();
    const sum = this.counts.reduce((total, { count }) => total + count, 0);
    return (sum * 1_000) / Math.max(100, Math.min(WINDOW_MS, now - this.began));
  }
}
