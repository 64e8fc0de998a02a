import { type Server, type Socket, connect, createServer } from "node:net";

const PRODUCE = 0;

/**
 * A TCP proxy before a broker that can lose acknowledgements: the broker gets a Produce request and
 * stores it, and its answer is dropped together with the connection, as when a broker or a network
 * fails at the worst moment.
 */
export class BrokenAcks {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private toLose = 0;
  lost = 0;

  private constructor(private readonly brokerPort: number) {
    this.server = createServer((client) => this.relay(client));
  }

  /** Listens on `port`; the broker behind it may start later. */
  static async start(port: number, brokerPort: number): Promise<BrokenAcks> {
    const proxy = new BrokenAcks(brokerPort);
    await new Promise<void>((done) => proxy.server.listen(port, "127.0.0.1", done));
    return proxy;
  }

  /** The answers to the next `count` Produce requests are lost. */
  loseAcks(count: number): void {
    this.toLose = count;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private relay(client: Socket): void {
    const broker = connect(this.brokerPort, "127.0.0.1");
    const doomed = new Set<number>();
    const end = (): void => {
      client.destroy();
      broker.destroy();
      this.sockets.delete(client);
      this.sockets.delete(broker);
    };
    for (const socket of [client, broker]) {
      this.sockets.add(socket);
      socket.on("error", end);
      socket.on("close", end);
    }
    // A request: size, API key (16 bit), version (16 bit), correlation id.
    client.on(
      "data",
      frames((frame) => {
        if (frame.readInt16BE(4) === PRODUCE && this.toLose > 0) {
          this.toLose--;
          doomed.add(frame.readInt32BE(8));
        }
        broker.write(frame);
      }),
    );
    // An answer: size, correlation id.
    broker.on(
      "data",
      frames((frame) => {
        if (doomed.has(frame.readInt32BE(4))) {
          this.lost++;
          end();
        } else if (!client.destroyed) client.write(frame);
      }),
    );
  }
}

/** Cuts a stream into Kafka's frames of a 32 bit size and that many bytes. */
function frames(take: (frame: Buffer) => void): (data: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (data) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}
