/** Calls `read` after `changed`, at most once per `minIntervalMs`. */
export class PacedRead {
  private readonly abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private startedAt = -Infinity;

  /** @param read must not reject */
  constructor(
    private readonly minIntervalMs: number,
    private readonly read: (signal: AbortSignal) => Promise<void>,
  ) {}

  changed(): void {
    if (this.timer !== undefined || this.abort.signal.aborted) return;
    const wait = Math.max(0, this.startedAt + this.minIntervalMs - performance.now());
    this.timer = setTimeout(() => {
      this.startedAt = performance.now();
      this.timer = undefined;
      void this.read(this.abort.signal);
    }, wait);
  }

  close(): void {
    clearTimeout(this.timer);
    this.abort.abort();
  }
}
