import { type Socket, io } from "socket.io-client";
import type {
  CandlesFrame,
  ClientEvents,
  ServerEvents,
  SubscribeReply,
} from "../../src/live/live-events.js";
import { clock } from "../harness/child.js";

type Client = Socket<ServerEvents, ClientEvents>;

/**
 * A real Socket.IO client for each market; records when each trade was first in a received candle.
 */
export class LatencyClients {
  /** By market: `clock()` of the first frame whose candles hold the trade; id 1 is at 0. */
  readonly seen: number[][];
  private readonly clients: Client[] = [];

  private constructor(private readonly markets: readonly string[]) {
    this.seen = markets.map(() => []);
  }

  static async connect(url: string, markets: readonly string[]): Promise<LatencyClients> {
    const self = new LatencyClients(markets);
    try {
      await Promise.all(markets.map((_, index) => self.follow(url, index)));
      return self;
    } catch (error) {
      self.close();
      throw error;
    }
  }

  close(): void {
    for (const client of this.clients) client.disconnect();
  }

  private async follow(url: string, index: number): Promise<void> {
    const market = this.markets[index] as string;
    const client: Client = io(url, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
    });
    this.clients.push(client);
    client.on("candles", (frame) => this.take(index, frame));
    await new Promise<void>((done, fail) => {
      client.once("connect", done);
      client.once("connect_error", fail);
    });
    const reply = (await client.timeout(20_000).emitWithAck("subscribe", {
      channel: "candles",
      market,
      interval: "1m",
    })) as SubscribeReply;
    if (!reply.ok) throw new Error(`${market}: ${reply.error.detail}`);
  }

  private take(index: number, { candles }: CandlesFrame): void {
    const at = clock();
    const seen = this.seen[index] as number[];
    for (const { lastTradeId } of candles) while (seen.length < Number(lastTradeId)) seen.push(at);
  }
}
