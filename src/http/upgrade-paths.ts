import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { Injectable } from "@nestjs/common";

export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const NOT_FOUND = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
/** Headers that ask for another protocol. */
const SWITCHING = /^(connection|upgrade|http2-settings)$/i;

/**
 * The paths at which this server takes WebSockets. Modules of contexts add theirs in their
 * constructor. A WebSocket at any other path is answered with 404; a request for another protocol,
 * such as h2c, is answered as if it had not asked.
 */
@Injectable()
export class UpgradePaths {
  private readonly taken = new Map<string, Upgrade | undefined>();

  /**
   * @param path takes what is below it, too: `/ws` also `/ws/btcusdt@trade`; the longest path wins
   * @param upgrade undefined where a library listens to the server by itself
   */
  add(path: string, upgrade?: Upgrade): void {
    if (this.taken.has(path))
      throw new Error(`two parts of this server take WebSockets at ${path}`);
    this.taken.set(path, upgrade);
  }

  listenTo(server: Server): void {
    server.on("upgrade", (request, socket, head) => {
      if (request.headers.upgrade?.toLowerCase() !== "websocket") {
        ignoreUpgrade(server, request, socket, head);
        return;
      }
      // Node has taken its own listener off; without one, a reset by the client would end the
      // process.
      socket.on("error", () => socket.destroy());
      const path = (request.url ?? "").split("?", 1)[0] ?? "";
      const [taker] = [...this.taken]
        .filter(([parent]) => isAt(path, parent))
        .sort(([a], [b]) => b.length - a.length);
      if (taker !== undefined) taker[1]?.(request, socket, head);
      // Nothing limits an upgraded socket's time any more: a client that never closes would keep
      // it.
      else socket.once("finish", () => socket.destroy()).end(NOT_FOUND);
    });
  }
}

function isAt(path: string, parent: string): boolean {
  return path === parent || path.startsWith(parent.endsWith("/") ? parent : `${parent}/`);
}

/**
 * Node treats every request for another protocol as an upgrade once a server has a listener for
 * those. Hands it to the server again, without the headers that ask for it (RFC 9110, 7.8).
 */
function ignoreUpgrade(
  server: Server,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    if (!SWITCHING.test(name)) lines.push(`${name}: ${value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("connection", socket);
}
