/** Lets so many run at once; so many more wait for their turn, in order. */
export class Semaphore {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limits: { atOnce: number; waiting: number }) {}

  /** Undefined, and nothing is run, when too many wait. */
  take<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.running < this.limits.atOnce) {
      this.running++;
      return this.run(work);
    }
    if (this.waiting.length >= this.limits.waiting) return undefined;
    return new Promise<void>((begin) => this.waiting.push(begin)).then(() =>
      this.run(work),
    );
  }

  private async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      // Its place goes to the next at once: who comes in between may not take it.
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }
}
