import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { SteadyTrading } from "./exchange/steady-trading.js";

interface Client {
  socket: WebSocket;
  streams: Set<string>;
}

interface Newest {
  a: number;
  p: string;
  q: string;
  f: number;
  l: number;
  T: number;
  m: boolean;
}

/**
 * An exchange on loopback that speaks Binance's combined streams and REST, with faults on request.
 */
export class VenueServer extends SteadyTrading {
  /** How far its clock is ahead of this machine's, ms. */
  skewMs = 0;
  /** Accepts a connection and ends it at once. */
  hangsUp = false;
  /** When each connection was made, by `performance.now()`. */
  readonly opened: number[] = [];
  /** Control messages, by `performance.now()`. */
  readonly controls: { at: number; method: string; params: string[] }[] = [];
  /** Symbols requested over REST. */
  readonly requested: string[] = [];
  /** Status of every REST answer. */
  restStatus = 200;
  private readonly clients = new Set<Client>();
  private readonly muted = new Set<string>();
  private isMutedForever = false;
  private readonly newest = new Map<string, Newest>();
  private readonly sockets = new WebSocketServer({ noServer: true });

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {
    super();
    server.on("upgrade", (request, socket, head) => {
      this.sockets.handleUpgrade(request, socket, head, (client) =>
        this.accept(client, request.url ?? ""),
      );
    });
    server.on("request", (request, response) => {
      const symbol = new URL(request.url ?? "", "http://venue").searchParams.get("symbol") ?? "";
      this.requested.push(symbol);
      const newest = this.newest.get(symbol);
      response
        .writeHead(this.restStatus, { "content-type": "application/json" })
        .end(JSON.stringify(newest === undefined ? [] : [newest]));
    });
  }

  static async start(port = 0): Promise<VenueServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return new VenueServer(server, (server.address() as AddressInfo).port);
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

  /** Its clock does not change when a test sets this machine's. */
  now(): number {
    const { timeOrigin } = performance;
    return Math.floor(timeOrigin + performance.now() + this.skewMs);
  }

  /**
   * One more trade of a symbol.
   *
   * @param aheadMs how far the trade is ahead of the clock, and the message
   */
  trade(symbol: string, aheadMs = 0, messageAheadMs = aheadMs): void {
    const id = (this.newest.get(symbol)?.l ?? 99) + 1;
    const a = id * 10;
    const now = this.now();
    const trade = { a, p: "100.50", q: "2.0", f: id, l: id, T: now + aheadMs, m: false };
    this.newest.set(symbol, trade);
    const stream = `${symbol.toLowerCase()}@aggTrade`;
    if (this.muted.has(stream)) return;
    const data = { e: "aggTrade", E: now + messageAheadMs, s: symbol, ...trade };
    if (this.send(JSON.stringify({ stream, data }), stream)) this.sentOf(symbol).push(String(a));
  }

  /** Sends any text to all connections, or to a stream's subscribers; false if there are none. */
  send(text: string, stream?: string): boolean {
    const to = [...this.clients].filter(
      ({ streams }) => stream === undefined || streams.has(stream),
    );
    for (const { socket } of to) socket.send(text);
    return to.length > 0;
  }

  /**
   * A symbol's stream goes silent although it is subscribed; a new subscription cures it unless
   * `forever`.
   */
  mute(symbol: string, forever = false): void {
    this.muted.add(`${symbol.toLowerCase()}@aggTrade`);
    this.isMutedForever = forever;
  }

  unmute(): void {
    this.muted.clear();
  }

  /** Neither reads nor answers any more, without ending anything. */
  freeze(): void {
    for (const { socket } of this.clients) socket.pause();
  }

  drop(): void {
    for (const { socket } of this.clients) socket.terminate();
  }

  async close(): Promise<void> {
    this.pauseTrading();
    this.drop();
    this.sockets.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: WebSocket, url: string): void {
    this.opened.push(performance.now());
    if (this.hangsUp) {
      socket.terminate();
      return;
    }
    const names = new URL(url, "ws://venue").searchParams.get("streams") ?? "";
    const client = { socket, streams: new Set(names.split("/")) };
    this.clients.add(client);
    socket.on("close", () => this.clients.delete(client));
    socket.on("message", (data: Buffer) => this.control(client, data.toString()));
  }

  private control({ socket, streams }: Client, text: string): void {
    const { method, params, id } = JSON.parse(text) as {
      method: string;
      params: string[];
      id: number;
    };
    this.controls.push({ at: performance.now(), method, params });
    for (const stream of params) {
      if (method === "UNSUBSCRIBE") streams.delete(stream);
      else streams.add(stream);
      if (method === "SUBSCRIBE" && !this.isMutedForever) this.muted.delete(stream);
    }
    socket.send(JSON.stringify({ result: null, id }));
  }
}
