/** An exchange's clock on loopback: market time that runs at any speed, stands still, or leaps. */
export class MarketClock {
  private since = performance.now();
  private rate: number;
  private isPaused = false;

  /** @param anchor epoch ms of the market at the start  @param speed market ms in a local ms */
  constructor(
    private anchor: number,
    speed = 1,
  ) {
    this.rate = speed;
  }

  /** A clock that stands until `resume`, and then runs at a speed. */
  static standing(anchor: number, speed = 1): MarketClock {
    const clock = new MarketClock(anchor, 0);
    clock.isPaused = true;
    clock.rate = speed;
    return clock;
  }

  /** A clock that shows this computer's time. */
  static local(): MarketClock {
    return new MarketClock(performance.timeOrigin + performance.now());
  }

  /** Epoch ms. */
  now(): number {
    return Math.floor(this.exact());
  }

  get speed(): number {
    return this.isPaused ? 0 : this.rate;
  }

  set speed(rate: number) {
    this.rebase();
    this.rate = rate;
  }

  pause(): void {
    this.rebase();
    this.isPaused = true;
  }

  resume(): void {
    this.rebase();
    this.isPaused = false;
  }

  /** Time passes at once: the trades of it are sent in one burst. */
  leap(ms: number): void {
    this.rebase();
    this.anchor += ms;
  }

  private exact(): number {
    return this.anchor + (performance.now() - this.since) * this.speed;
  }

  private rebase(): void {
    this.anchor = this.exact();
    this.since = performance.now();
  }
}
