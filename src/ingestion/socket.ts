import WebSocket from "ws";

const OPEN_LIMIT_MS = 10_000;
const PING_MS = 15_000;
/** Nothing at all, not even a pong, for this long: the connection is half-open. */
const SILENT_MS = 40_000;
/** Larger than any frame of a trade stream; a venue gone mad must not fill our memory. */
const FRAME_LIMIT = 4 * 1024 * 1024;

export interface SocketHandlers {
  frame(text: string): void;
}

/** One WebSocket connection from opening to its end. Pings are answered by `ws` itself. */
export class Socket {
  private lastSign = Date.now();
  private pausedSince: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Resolves with the reason, once the connection has ended. */
  readonly ended: Promise<string>;

  private constructor(
    private readonly socket: WebSocket,
    handlers: SocketHandlers,
    timing: SocketTiming,
  ) {
    let failure: string | undefined;
    socket.on("message", (data: Buffer) => {
      this.lastSign = Date.now();
      handlers.frame(data.toString());
    });
    for (const sign of ["ping", "pong"])
      socket.on(sign, () => (this.lastSign = Date.now()));
    socket.on("error", (error) => (failure = error.message));
    this.ended = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        clearInterval(this.timer);
        resolve(
          failure ??
            `closed by the venue (${code}${reason.length > 0 ? ` ${reason.toString().slice(0, 80)}` : ""})`,
        );
      });
    });
    this.timer = setInterval(() => {
      if (
        this.pausedSince === undefined &&
        Date.now() - this.lastSign > timing.silentMs
      ) {
        failure = `nothing received for ${timing.silentMs / 1_000} s`;
        socket.terminate();
      } else if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, timing.pingMs);
  }

  /** Rejects when it does not open in time, is refused, or the signal aborts. */
  static async open(
    url: string,
    handlers: SocketHandlers,
    signal: AbortSignal,
    timing: SocketTiming = DEFAULT_TIMING,
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
      // Frames may follow the handshake at once: the handlers have to be there before it ends.
      const opened = new Socket(socket, handlers, timing);
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

  /** Whether something came within the last two pings. */
  isAlive(): boolean {
    return (
      this.socket.readyState === WebSocket.OPEN &&
      Date.now() - this.lastSign < 2 * PING_MS + 1_000
    );
  }

  send(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  /** Stops reading: the venue feels it by TCP. */
  pause(): void {
    this.pausedSince ??= Date.now();
    this.socket.pause();
  }

  resume(): void {
    this.pausedSince = undefined;
    this.lastSign = Date.now();
    this.socket.resume();
  }

  /** Milliseconds since `pause`, 0 while it reads. */
  pausedFor(): number {
    return this.pausedSince === undefined ? 0 : Date.now() - this.pausedSince;
  }

  close(): void {
    this.socket.resume();
    this.socket.close(1000);
    const socket = this.socket;
    // A venue that does not answer the closing handshake must not keep us.
    setTimeout(() => socket.terminate(), 1_000).unref();
  }

  terminate(): void {
    this.socket.terminate();
  }
}

export interface SocketTiming {
  pingMs: number;
  silentMs: number;
}

export const DEFAULT_TIMING: SocketTiming = {
  pingMs: PING_MS,
  silentMs: SILENT_MS,
};
