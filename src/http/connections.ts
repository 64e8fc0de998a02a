import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

/** Time for running requests and WebSocket close handshakes once the server closes. */
const GRACE_MS = 5_000;

/**
 * Ends connections that would block shutdown. Node waits for every connection: also for one that a
 * browser has preconnected and never used, and for a WebSocket whose client reads nothing.
 */
export class Connections {
  private readonly all = new Set<Socket>();
  private readonly unused = new Set<Socket>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly server: Server) {
    server.on("connection", (socket: Socket) => {
      this.all.add(socket);
      this.unused.add(socket);
      socket.once("close", () => {
        this.all.delete(socket);
        this.unused.delete(socket);
      });
    });
    const used = ({ socket }: IncomingMessage): void => {
      this.unused.delete(socket);
    };
    server.on("request", used);
    server.on("upgrade", used);
  }

  /** To be called when the server begins to close. Idempotent. */
  end(): void {
    for (const socket of this.unused) socket.destroy();
    this.timer ??= setTimeout(() => {
      for (const socket of this.all) socket.destroy();
    }, GRACE_MS);
    this.server.once("close", () => clearTimeout(this.timer));
  }
}
