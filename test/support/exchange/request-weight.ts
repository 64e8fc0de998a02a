export interface WeightLimits {
  /** Weight of a minute; a time window of another length is for tests that cannot wait. */
  perMinute: number;
  windowMs: number;
  /** Requests in spite of a 429 before the address is banned. */
  toleratedRequests: number;
  banMs: number;
}

export const SPOT_LIMITS: WeightLimits = {
  perMinute: 6_000,
  windowMs: 60_000,
  toleratedRequests: 10,
  banMs: 120_000,
};

export type Spending =
  { status: 200 } | { status: 429 | 418; retryAfterS: number; untilMs: number };

/**
 * The weight that an address has used, in this computer's minutes: 429 above the limit, 418 when it
 * continues.
 */
export class RequestWeight {
  /** Highest weight of any window so far. */
  highest = 0;
  private window = 0;
  private spent = 0;
  private ignored = 0;
  private bannedUntil = 0;

  constructor(readonly limits: WeightLimits) {}

  /** Weight used in the current window. */
  used(now = Date.now()): number {
    return this.windowOf(now) === this.window ? this.spent : 0;
  }

  spend(weight: number, now = Date.now()): Spending {
    if (now < this.bannedUntil) return this.refusal(418, this.bannedUntil, now);
    const window = this.windowOf(now);
    if (window !== this.window) {
      this.window = window;
      this.spent = 0;
      this.ignored = 0;
    }
    this.spent += weight;
    this.highest = Math.max(this.highest, this.spent);
    const { perMinute, toleratedRequests, banMs, windowMs } = this.limits;
    if (this.spent <= perMinute) return { status: 200 };
    if (++this.ignored <= toleratedRequests) return this.refusal(429, (window + 1) * windowMs, now);
    this.bannedUntil = now + banMs;
    return this.refusal(418, this.bannedUntil, now);
  }

  private refusal(
    status: 429 | 418,
    untilMs: number,
    now: number,
  ): Exclude<Spending, { status: 200 }> {
    const retryAfterS = Math.max(1, Math.ceil((untilMs - now) / 1_000));
    return { status, retryAfterS, untilMs };
  }

  private windowOf(now: number): number {
    return Math.floor(now / this.limits.windowMs);
  }
}
