import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

/** Requests under way, and WebSockets that do not answer the goodbye, may take this long once the server closes. */
const GRACE_MS = 5_000;

/**
 * Lets a server that closes come to its end. Node waits for every connection: one that a browser has opened ahead and
 * never used, or a WebSocket whose client reads nothing, would hold up the whole shutdown.
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

  /** Call it when the server begins to close. Idempotent. */
  end(): void {
    for (const socket of this.unused) socket.destroy();
    this.timer ??= setTimeout(() => {
      for (const socket of this.all) socket.destroy();
    }, GRACE_MS);
    this.server.once("close", () => clearTimeout(this.timer));
  }
}
