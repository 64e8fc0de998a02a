/** Reads something again whenever it is said to have changed, at most so often, however often that is said. */
export class PacedRead {
  private readonly abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private askedAt = -Infinity;

  /** @param read must not reject */
  constructor(
    private readonly everyMs: number,
    private readonly read: (signal: AbortSignal) => Promise<void>,
  ) {}

  changed(): void {
    if (this.timer !== undefined || this.abort.signal.aborted) return;
    const wait = Math.max(0, this.askedAt + this.everyMs - performance.now());
    this.timer = setTimeout(() => {
      this.askedAt = performance.now();
      this.timer = undefined;
      void this.read(this.abort.signal);
    }, wait);
  }

  close(): void {
    clearTimeout(this.timer);
    this.abort.abort();
  }
}
