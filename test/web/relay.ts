import { type Server, type Socket, connect, createServer } from "node:net";

/** A proxy between the page and its server that can go silent with all connections open. */
export class Relay {
  private readonly sockets = new Set<Socket>();
  private frozen = false;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param url of the server behind it */
  static async start(url: string): Promise<Relay> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as { port: number };
    const relay = new Relay(server, `http://127.0.0.1:${port}`);
    server.on("connection", (near) =>
      relay.join(near, connect(Number(new URL(url).port), "127.0.0.1")),
    );
    return relay;
  }

  /** Stops forwarding in both directions; new connections are accepted, but not forwarded. */
  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  thaw(): void {
    this.frozen = false;
    for (const socket of this.sockets) socket.resume();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      // Not by pipe(), which would resume by itself when the other side has drained.
      from.on("data", (data) => to.write(data));
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.frozen) from.pause();
      else from.resume();
    }
  }
}
