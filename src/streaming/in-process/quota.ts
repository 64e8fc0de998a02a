import { TransportError } from "../transport.js";

interface Waiter {
  count: number;
  enter: () => void;
  refuse: (error: Error) => void;
}

/**
 * A capacity in records, entered in the order of asking: a small call that overtook a large one would change the order
 * within a market. A call larger than the capacity enters when nobody else is inside.
 */
export class Quota {
  private held = 0;
  private readonly line: Waiter[] = [];
  private closed: Error | undefined;

  constructor(
    private readonly capacity: number,
    /** Why there is no room, for the error: "the database is too slow or away". */
    private readonly reason: string,
  ) {}

  /** Records that are held back. */
  get waiting(): number {
    return this.line.reduce((sum, { count }) => sum + count, 0);
  }

  get full(): boolean {
    return this.line.length > 0;
  }

  /** Rejects with a TransportError (`full`, or what it was closed with), or with the reason of the signal. */
  async enter(
    count: number,
    limitMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    signal?.throwIfAborted();
    if (this.closed !== undefined) throw this.closed;
    if (this.line.length === 0 && this.fits(count)) {
      this.held += count;
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    let abort = (): void => undefined;
    try {
      await new Promise<void>((enter, refuse) => {
        const waiter: Waiter = { count, enter, refuse };
        this.line.push(waiter);
        abort = () => this.leaveLine(waiter, signal?.reason as Error);
        signal?.addEventListener("abort", abort, { once: true });
        timer = setTimeout(
          () => this.leaveLine(waiter, this.tooLate(count, limitMs)),
          limitMs,
        );
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

  /** Refuses everybody, those in line too. */
  close(error: Error): void {
    this.closed = error;
    for (const { refuse } of this.line.splice(0)) refuse(error);
  }

  private fits(count: number): boolean {
    return this.held === 0 || this.held + count <= this.capacity;
  }

  private admit(): void {
    for (;;) {
      const [first] = this.line;
      if (first === undefined || !this.fits(first.count)) return;
      this.line.shift();
      this.held += first.count;
      first.enter();
    }
  }

  private leaveLine(waiter: Waiter, error: Error): void {
    const at = this.line.indexOf(waiter);
    if (at < 0) return;
    this.line.splice(at, 1);
    waiter.refuse(error);
    // Who stood behind a large call may fit now.
    this.admit();
  }

  private tooLate(count: number, limitMs: number): TransportError {
    return new TransportError(
      "full",
      `No room for ${count} records within ${limitMs} ms: ${this.reason}`,
    );
  }
}
