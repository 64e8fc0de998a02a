import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { Dialect, Print } from "./dialect.js";
import { SteadyTrading } from "./steady-trading.js";

interface Client {
  socket: WebSocket;
  symbols: Set<string>;
}

const HEARTBEAT_MS = 200;

/** An exchange on loopback whose streams are subscribed by messages, in one exchange's dialect. */
export class MessageExchange extends SteadyTrading {
  /** Messages of clients. */
  readonly messages: string[] = [];
  /** Paths of REST requests. */
  readonly requests: string[] = [];
  /** Connections so far. */
  opened = 0;
  restStatus = 200;
  private readonly prints = new Map<string, Print[]>();
  private readonly clients = new Set<Client>();
  private readonly muted = new Set<string>();
  private readonly sockets = new WebSocketServer({ noServer: true });
  private readonly beat: NodeJS.Timeout;

  private constructor(
    private readonly server: Server,
    private readonly dialect: Dialect,
    readonly port: number,
  ) {
    super();
    server.on("upgrade", (request, socket, head) => {
      this.sockets.handleUpgrade(request, socket, head, (client) => this.accept(client));
    });
    server.on("request", ({ url = "" }, response) => {
      this.requests.push(url);
      const body = dialect.rest(new URL(url, "http://x"), (s) => this.of(s));
      response
        .writeHead(body === undefined ? 404 : this.restStatus)
        .end(JSON.stringify(body ?? {}));
    });
    this.beat = setInterval(() => this.heartbeat(), HEARTBEAT_MS);
  }

  static async start(dialect: Dialect): Promise<MessageExchange> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return new MessageExchange(server, dialect, port);
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get restUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.clients.size;
  }

  now(): number {
    return Date.now();
  }

  /** The subscribers of a symbol. */
  followers(symbol: string): number {
    return [...this.clients].filter(({ symbols }) => symbols.has(symbol)).length;
  }

  /** One more trade, sent to the symbol's subscribers unless it is muted. */
  trade(symbol: string): void {
    const prints = this.of(symbol);
    const id = (prints.at(-1)?.id ?? 999) + 1;
    const print: Print = {
      symbol,
      id,
      price: `64000.${(id % 90) + 10}`,
      amount: "0.00000015",
      takerSide: id % 2 === 0 ? "buy" : "sell",
      time: this.now(),
    };
    prints.push(print);
    if (this.muted.has(symbol)) return;
    const to = [...this.clients].filter(({ symbols }) => symbols.has(symbol));
    for (const { socket } of to) socket.send(this.dialect.trade(print));
    if (to.length > 0) this.sentOf(symbol).push(String(id));
  }

  of(symbol: string): Print[] {
    const prints = this.prints.get(symbol) ?? [];
    this.prints.set(symbol, prints);
    return prints;
  }

  /** A symbol goes silent although it is subscribed, until a client subscribes it again. */
  mute(symbol: string): void {
    this.muted.add(symbol);
  }

  send(text: string): void {
    for (const { socket } of this.clients) socket.send(text);
  }

  drop(): void {
    for (const { socket } of this.clients) socket.terminate();
  }

  async close(): Promise<void> {
    this.pauseTrading();
    clearInterval(this.beat);
    this.drop();
    this.sockets.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: WebSocket): void {
    this.opened++;
    const client = { socket, symbols: new Set<string>() };
    this.clients.add(client);
    socket.on("close", () => this.clients.delete(client));
    socket.on("message", (data: Buffer) => this.hear(client, data.toString()));
  }

  private hear({ socket, symbols }: Client, text: string): void {
    this.messages.push(text);
    const { replies, follow, unfollow } = this.dialect.hear(text, (symbol) => this.of(symbol));
    for (const symbol of unfollow ?? []) symbols.delete(symbol);
    for (const symbol of follow ?? []) {
      symbols.add(symbol);
      this.muted.delete(symbol);
    }
    for (const reply of replies) socket.send(reply);
  }

  private heartbeat(): void {
    for (const { socket, symbols } of this.clients)
      for (const symbol of symbols) {
        const newest = this.of(symbol).at(-1);
        const text = this.dialect.heartbeat?.(symbol, newest, this.now());
        if (text !== undefined) socket.send(text);
      }
  }
}
