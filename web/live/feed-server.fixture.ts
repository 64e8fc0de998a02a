import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import type {
  Channel,
  ClientEvents,
  Place,
  ServerEvents,
  SubscribeReply,
  SubscribeRequest,
} from "../../src/live/live-events.js";

type Client = Socket<ClientEvents, ServerEvents>;

/** A real Socket.IO server on the loopback interface whose answers the spec sets. */
export class FeedServer {
  readonly requests: SubscribeRequest[] = [];
  readonly left: Channel[] = [];
  answer: (request: SubscribeRequest) => SubscribeReply | undefined = () => undefined;
  private io: Server<ClientEvents, ServerEvents> | undefined;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Reuses its previous port, if any. */
  async start(): Promise<void> {
    const http = createServer();
    await new Promise<void>((ready) => http.listen(this.port, "127.0.0.1", ready));
    this.port = (http.address() as AddressInfo).port;
    this.io = new Server(http, { transports: ["websocket"] });
    this.io.on("connection", (client) => this.serve(client));
  }

  async stop(): Promise<void> {
    await this.io?.close();
  }

  tickers(place: Place, tickers: Parameters<ServerEvents["tickers"]>[0]["tickers"]): void {
    this.io?.emit("tickers", { ...place, tickers });
  }

  resync(rooms: Channel[]): void {
    this.io?.emit("resync", { rooms });
  }

  /** Closes the connections cleanly. */
  dismiss(): void {
    this.io?.disconnectSockets();
  }

  private serve(client: Client): void {
    client.on("subscribe", (request, reply) => {
      this.requests.push(request);
      const answer = this.answer(request);
      if (answer !== undefined) reply(answer);
    });
    client.on("unsubscribe", (channel, reply) => {
      this.left.push(channel);
      reply({ ok: true });
    });
  }
}
