import WebSocket from "ws";

const OPEN_LIMIT_MS = 10_000;
const CLOSE_LIMIT_MS = 1_000;
/** Close code of a connection that ended without a closing frame. */
const ABNORMAL_CLOSURE = 1006;
/** Larger than any frame of a trade stream: a faulty venue must not fill the memory. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/** A message that the venue requires besides pings to keep the connection open. */
export interface KeepAlive {
  everyMs: number;
  message: string;
}

export interface SocketTiming {
  /** Interval of our pings; `ws` answers the venue's. */
  pingMs: number;
  /** Without any message, pongs included, for this long, the connection is half-open. */
  silentMs: number;
}

export const DEFAULT_TIMING: SocketTiming = {
  pingMs: 15_000,
  silentMs: 40_000,
};

/**
 * One WebSocket connection from opening to its end. Times are monotonic: a step of the wall clock
 * ends nothing.
 */
export class Socket {
  private lastSignAt = performance.now();
  private pausedSince: number | undefined;
  private failure: string | undefined;
  readonly openedAt = performance.now();
  /** Resolves with the reason, once the connection has ended. */
  readonly ended: Promise<string>;

  private constructor(
    private readonly socket: WebSocket,
    frame: (text: string) => void,
    timing: SocketTiming,
    keepAlive: KeepAlive | undefined,
  ) {
    const seen = (): void => {
      this.lastSignAt = performance.now();
    };
    socket.on("message", (data: Buffer) => {
      seen();
      frame(data.toString());
    });
    socket.on("ping", seen);
    socket.on("pong", seen);
    socket.on("error", (error) => (this.failure ??= error.message));
    const timer = setInterval(() => {
      if (this.pausedFor() === 0 && this.silentFor() > timing.silentMs)
        this.terminate(`nothing received for ${timing.silentMs / 1_000} s`);
      else this.ping();
    }, timing.pingMs);
    const keeper = keepAlive && setInterval(() => this.send(keepAlive.message), keepAlive.everyMs);
    this.ended = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        clearInterval(timer);
        clearInterval(keeper);
        const why = reason.toString().slice(0, 80);
        const closed =
          code === ABNORMAL_CLOSURE ? "cut off" : `closed by the venue (${code} ${why})`;
        resolve(this.failure ?? closed);
      });
    });
  }

  /** Rejects when it does not open in time, is refused, or the signal aborts. */
  static async open(
    url: string,
    frame: (text: string) => void,
    signal: AbortSignal,
    timing: SocketTiming,
    keepAlive?: KeepAlive,
  ): Promise<Socket> {
    signal.throwIfAborted();
    const socket = new WebSocket(url, {
      handshakeTimeout: OPEN_LIMIT_MS,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
    });
    const abort = (): void => socket.terminate();
    signal.addEventListener("abort", abort, { once: true });
    try {
      // Frames may follow the handshake at once: attach their handler before it ends.
      const opened = new Socket(socket, frame, timing, keepAlive);
      await new Promise<void>((resolve, reject) => {
        socket.once("open", resolve);
        socket.once("error", reject);
        socket.once("close", () => reject(new Error("closed before it opened")));
      });
      return opened;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Time of the last message, ping or pong, by `performance.now()`. */
  get lastSign(): number {
    return this.lastSignAt;
  }

  silentFor(): number {
    return performance.now() - this.lastSignAt;
  }

  ping(): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.ping();
  }

  send(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  /** Stops reading, which slows the venue by TCP flow control. */
  pause(): void {
    this.pausedSince ??= performance.now();
    this.socket.pause();
  }

  resume(): void {
    if (this.pausedSince === undefined) return;
    this.pausedSince = undefined;
    this.lastSignAt = performance.now();
    this.socket.resume();
  }

  /** Ms since `pause`, 0 while reading. */
  pausedFor(): number {
    return this.pausedSince === undefined ? 0 : Math.max(1, performance.now() - this.pausedSince);
  }

  /** Idempotent. Terminates if the venue does not answer the closing handshake in time. */
  close(): void {
    this.socket.resume();
    this.socket.close(1000);
    const limit = setTimeout(() => this.socket.terminate(), CLOSE_LIMIT_MS);
    void this.ended.finally(() => clearTimeout(limit));
  }

  /** Ends without the closing handshake; `ended` resolves with the reason. */
  terminate(reason: string): void {
    this.failure ??= reason;
    // A paused socket would not emit its close event.
    this.socket.resume();
    this.socket.terminate();
  }
}
