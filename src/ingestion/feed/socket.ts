import WebSocket from "ws";

const OPEN_LIMIT_MS = 10_000;
const CLOSE_LIMIT_MS = 1_000;
/** Close code of a connection that ended without a closing frame. */
const CUT = 1006;
/** Larger than any frame of a trade stream; a venue gone mad must not fill our memory. */
const FRAME_LIMIT = 4 * 1024 * 1024;

/** A text that the venue wants to hear, besides pings, or it ends the connection. */
export interface KeepAlive {
  everyMs: number;
  message: string;
}

export interface SocketTiming {
  /** Our own pings; the venue's are answered by `ws` itself. */
  pingMs: number;
  /** Nothing at all, not even a pong, for this long: the connection is half-open. */
  silentMs: number;
}

export const DEFAULT_TIMING: SocketTiming = {
  pingMs: 15_000,
  silentMs: 40_000,
};

/** One WebSocket connection from opening to its end. Local times are of a monotonic clock: a clock step ends nothing. */
export class Socket {
  private sign = performance.now();
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
      this.sign = performance.now();
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
    const keeper =
      keepAlive &&
      setInterval(() => this.send(keepAlive.message), keepAlive.everyMs);
    this.ended = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        clearInterval(timer);
        clearInterval(keeper);
        const why = reason.toString().slice(0, 80);
        const closed =
          code === CUT ? "cut off" : `closed by the venue (${code} ${why})`;
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
      maxPayload: FRAME_LIMIT,
      perMessageDeflate: false,
    });
    const abort = (): void => socket.terminate();
    signal.addEventListener("abort", abort, { once: true });
    try {
      // Frames may follow the handshake at once: their handler has to be there before it ends.
      const opened = new Socket(socket, frame, timing, keepAlive);
      await new Promise<void>((resolve, reject) => {
        socket.once("open", resolve);
        socket.once("error", reject);
        socket.once("close", () =>
          reject(new Error("closed before it opened")),
        );
      });
      return opened;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** When something came last, by `performance.now()`. */
  get lastSign(): number {
    return this.sign;
  }

  silentFor(): number {
    return performance.now() - this.sign;
  }

  ping(): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.ping();
  }

  send(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  /** Stops reading: the venue feels it by TCP. */
  pause(): void {
    this.pausedSince ??= performance.now();
    this.socket.pause();
  }

  resume(): void {
    if (this.pausedSince === undefined) return;
    this.pausedSince = undefined;
    this.sign = performance.now();
    this.socket.resume();
  }

  /** Milliseconds since `pause`, 0 while it reads. */
  pausedFor(): number {
    return this.pausedSince === undefined
      ? 0
      : Math.max(1, performance.now() - this.pausedSince);
  }

  /** Idempotent; a venue that does not answer the closing handshake does not keep us. */
  close(): void {
    this.socket.resume();
    this.socket.close(1000);
    const limit = setTimeout(() => this.socket.terminate(), CLOSE_LIMIT_MS);
    void this.ended.finally(() => clearTimeout(limit));
  }

  /** Without the closing handshake, for a reason that `ended` then tells. */
  terminate(reason: string): void {
    this.failure ??= reason;
    // What a paused socket holds back would hold back its end, too.
    this.socket.resume();
    this.socket.terminate();
  }
}
