import { TransportError } from "../transport.js";

interface Waiter {
  count: number;
  enter: () => void;
  refuse: (error: Error) => void;
}

/**
 * A capacity in records, entered in the order of calls: a small call that overtook a large one
 * would change the order within a market. A call larger than the capacity enters when no other is
 * inside.
 */
export class Quota {
  private held = 0;
  private readonly queue: Waiter[] = [];
  private closed: Error | undefined;

  constructor(
    private readonly capacity: number,
    /** Why there is no room, for the error: "the database is too slow or away". */
    private readonly reason: string,
  ) {}

  /** Records that wait to enter. */
  get waiting(): number {
    return this.queue.reduce((sum, { count }) => sum + count, 0);
  }

  get full(): boolean {
    return this.queue.length > 0;
  }

  /**
   * Rejects with a TransportError (`full`, or the error of `close`), or with the reason of the
   * signal.
   */
  async enter(count: number, limitMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.closed !== undefined) throw this.closed;
    if (this.queue.length === 0 && this.fits(count)) {
      this.held += count;
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    let abort = (): void => undefined;
    try {
      await new Promise<void>((enter, refuse) => {
        const waiter: Waiter = { count, enter, refuse };
        this.queue.push(waiter);
        abort = () => this.leaveQueue(waiter, signal?.reason as Error);
        signal?.addEventListener("abort", abort, { once: true });
        timer = setTimeout(() => this.leaveQueue(waiter, this.fullError(count, limitMs)), limitMs);
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  leave(count: number): void {
    this.held -= count;
    this.admit();
  }

  /** Rejects all callers, waiting ones too. */
  close(error: Error): void {
    this.closed = error;
    for (const { refuse } of this.queue.splice(0)) refuse(error);
  }

  private fits(count: number): boolean {
    return this.held === 0 || this.held + count <= this.capacity;
  }

  private admit(): void {
    for (;;) {
      const [first] = this.queue;
      if (first === undefined || !this.fits(first.count)) return;
      this.queue.shift();
      this.held += first.count;
      first.enter();
    }
  }

  private leaveQueue(waiter: Waiter, error: Error): void {
    const at = this.queue.indexOf(waiter);
    if (at < 0) return;
    this.queue.splice(at, 1);
    waiter.refuse(error);
    // Calls behind a large one may fit now.
    this.admit();
  }

  private fullError(count: number, limitMs: number): TransportError {
    return new TransportError(
      "full",
      `No room for ${count} records within ${limitMs} ms: ${this.reason}`,
    );
  }
}
