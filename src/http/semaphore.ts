/** Runs up to `atOnce` tasks concurrently; up to `waiting` more queue in order. */
export class Semaphore {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limits: { atOnce: number; waiting: number }) {}

  /** Undefined, without running `work`, when the queue is full. */
  take<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.running < this.limits.atOnce) {
      this.running++;
      return this.run(work);
    }
    if (this.waiting.length >= this.limits.waiting) return undefined;
    return new Promise<void>((begin) => this.waiting.push(begin)).then(() => this.run(work));
  }

  private async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      // Passes its slot to the next in the queue directly, so that no later caller can take it.
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }
}
