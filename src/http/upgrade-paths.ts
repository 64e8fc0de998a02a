import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { Injectable } from "@nestjs/common";

export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const NOT_FOUND = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/**
 * The paths at which this server accepts WebSockets. Modules add theirs in their constructor; an
 * upgrade request at any other path is answered with 404.
 */
@Injectable()
export class UpgradePaths {
  private readonly taken = new Map<string, Upgrade | undefined>();

  /**
   * @param path includes the paths below it: `/ws` also accepts `/ws/btcusdt@trade`
   * @param upgrade undefined if a library handles upgrades of the server itself
   */
  add(path: string, upgrade?: Upgrade): void {
    if (this.taken.has(path))
      throw new Error(`two parts of this server take WebSockets at ${path}`);
    this.taken.set(path, upgrade);
  }

  listenTo(server: Server): void {
    server.on("upgrade", (request, socket, head) => {
      // Node has removed its own listener; without one, a reset by the client would end the
      // process.
      socket.on("error", () => socket.destroy());
      const path = (request.url ?? "").split("?", 1)[0] ?? "";
      const taker = [...this.taken].find(([parent]) => isAt(path, parent));
      if (taker === undefined) socket.end(NOT_FOUND);
      else taker[1]?.(request, socket, head);
    });
  }
}

function isAt(path: string, parent: string): boolean {
  return path === parent || path.startsWith(parent.endsWith("/") ? parent : `${parent}/`);
}
