import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

export interface StreamLimits {
  /** The server's pings, and how long their pongs may take. */
  pingMs: number;
  pongMs: number;
  /** A connection is ended at this age: 24 h at the exchange. */
  lifeMs: number;
  messagesPerSecond: number;
  streams: number;
  /** In five minutes. */
  connections: number;
}

export const STREAM_LIMITS: StreamLimits = {
  pingMs: 20_000,
  pongMs: 60_000,
  lifeMs: 86_400_000,
  messagesPerSecond: 5,
  streams: 1_024,
  connections: 300,
};

const FIVE_MINUTES = 300_000;

/** Methods of a client's message; web-socket-streams.md has them and the errors. */
interface Control {
  method?: unknown;
  params?: unknown;
  id?: unknown;
}

interface Client {
  socket: WebSocket;
  streams: Set<string>;
  isCombined: boolean;
  /** Local times of the last messages, pings and pongs among them. */
  heard: number[];
  isFrozen: boolean;
  openedAt: number;
}

/**
 * The WebSocket side of Binance on loopback: raw and combined streams, control messages, pings,
 * limits.
 */
export class BinanceStreams {
  /** Control messages so far. */
  readonly controls: { at: number; method: string; params: string[] }[] = [];
  /** Connections ended for going beyond a limit. */
  readonly ended: string[] = [];
  /** Local times of the connections made. */
  readonly opened: number[] = [];
  private isClosed = false;
  private readonly clients = new Set<Client>();
  private readonly sockets = new WebSocketServer({ noServer: true });

  constructor(
    server: Server,
    private readonly limits: StreamLimits,
    private readonly onSubscribe: (stream: string) => void,
    /** Whether connections are refused now. */
    private readonly isAway: () => boolean,
  ) {
    server.on("upgrade", (request, socket, head) => this.upgrade(request, socket, head));
  }

  get connections(): number {
    return this.clients.size;
  }

  followers(stream: string): number {
    return [...this.clients].filter(({ streams, isFrozen }) => !isFrozen && streams.has(stream))
      .length;
  }

  /** Sends an event in each subscriber's form; false without a subscriber. */
  send(stream: string, event: string): boolean {
    let isSent = false;
    for (const { socket, streams, isCombined, isFrozen } of this.clients) {
      if (isFrozen || !streams.has(stream)) continue;
      isSent = true;
      socket.send(isCombined ? `{"stream":"${stream}","data":${event}}` : event);
    }
    return isSent;
  }

  /** Announces that all connections will end, as before a restart. */
  announceShutdown(now: number): void {
    const event = JSON.stringify({ e: "serverShutdown", E: now });
    for (const { socket, isCombined } of this.clients)
      socket.send(isCombined ? `{"stream":"!serverShutdown","data":${event}}` : event);
  }

  /** Connections made before a local time end as at their 24 h. */
  expire(before = Infinity): number {
    const old = [...this.clients].filter(({ openedAt }) => openedAt < before);
    for (const { socket } of old) socket.close(1001);
    return old.length;
  }

  /** Without a closing handshake. */
  reset(): number {
    const { size } = this.clients;
    for (const { socket } of this.clients) socket.terminate();
    return size;
  }

  /** Half-open: nothing is read or sent any more on today's connections. */
  freeze(): number {
    for (const client of this.clients) {
      client.isFrozen = true;
      client.socket.pause();
    }
    return this.clients.size;
  }

  close(): void {
    this.isClosed = true;
    this.reset();
    this.sockets.close();
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const now = performance.now();
    const recent = this.opened.filter((at) => at > now - FIVE_MINUTES).length;
    const isTooMany = recent >= this.limits.connections;
    if (this.isClosed || isTooMany || this.isAway()) {
      if (isTooMany) this.ended.push("too many connections");
      socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n");
      return;
    }
    this.opened.push(now);
    this.sockets.handleUpgrade(request, socket, head, (client) =>
      this.accept(client, request.url ?? ""),
    );
  }

  private accept(socket: WebSocket, address: string): void {
    const { pathname, searchParams } = new URL(address, "ws://x");
    const raw = /\/ws\/?(.*)$/.exec(pathname)?.[1];
    const names =
      raw === undefined ? (searchParams.get("streams") ?? "").split("/") : raw.split("/");
    const client: Client = {
      socket,
      streams: new Set(names.filter((name) => name !== "")),
      isCombined: raw === undefined,
      heard: [],
      isFrozen: false,
      openedAt: performance.now(),
    };
    this.clients.add(client);
    this.keep(client);
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) => {
      if (this.heard(client)) this.control(client, data.toString());
    });
    socket.on("ping", () => this.heard(client));
    if (client.streams.size > this.limits.streams) this.end(client, "too many streams");
  }

  /** Pings it, and ends it when it does not answer or is too old. */
  private keep(client: Client): void {
    const { socket } = client;
    const { pingMs, pongMs, lifeMs } = this.limits;
    let answered = performance.now();
    socket.on("pong", () => {
      answered = performance.now();
      this.heard(client);
    });
    const pings = setInterval(() => {
      if (performance.now() - answered > pongMs) socket.terminate();
      else if (!client.isFrozen) socket.ping(String(Date.now()));
    }, pingMs);
    const life = setTimeout(() => socket.close(1001), Math.min(lifeMs, 2 ** 31 - 1));
    socket.on("close", () => {
      clearInterval(pings);
      clearTimeout(life);
      this.clients.delete(client);
    });
  }

  /**
   * False when this was one message too many, or is not read: `ws` emits the rest of a half-open
   * connection at its end.
   */
  private heard(client: Client): boolean {
    if (client.isFrozen) return false;
    const now = performance.now();
    client.heard = client.heard.filter((at) => at > now - 1_000);
    client.heard.push(now);
    if (client.heard.length <= this.limits.messagesPerSecond) return true;
    this.end(client, "too many messages");
    return false;
  }

  private end({ socket }: Client, why: string): void {
    this.ended.push(why);
    socket.close(1008, why);
  }

  private control(client: Client, text: string): void {
    const { socket, streams } = client;
    let message: Control;
    try {
      message = JSON.parse(text) as Control;
    } catch {
      const msg = "Invalid JSON: expected value at line 1 column 1";
      socket.send(JSON.stringify({ code: 3, msg }));
      return;
    }
    const { method, params = [], id = null } = message;
    const refuse = (msg: string): void =>
      socket.send(JSON.stringify({ error: { code: 2, msg }, id }));
    if (!isId(id)) return refuse("Invalid request: request ID must be an unsigned integer");
    if (!Array.isArray(params) || !params.every((name) => typeof name === "string"))
      return refuse("Invalid request: params must be strings");
    this.controls.push({
      at: performance.now(),
      method: String(method),
      params,
    });
    switch (method) {
      case "SUBSCRIBE":
        for (const stream of params) {
          streams.add(stream);
          this.onSubscribe(stream);
        }
        if (streams.size > this.limits.streams) return this.end(client, "too many streams");
        break;
      case "UNSUBSCRIBE":
        for (const stream of params) streams.delete(stream);
        break;
      case "LIST_SUBSCRIPTIONS":
        socket.send(JSON.stringify({ result: [...streams], id }));
        return;
      default:
        return refuse(
          `Invalid request: unknown variant \`${String(method)}\`, expected one of \`SUBSCRIBE\`, \`UNSUBSCRIBE\`, \`LIST_SUBSCRIPTIONS\``,
        );
    }
    socket.send(JSON.stringify({ result: null, id }));
  }
}

function isId(id: unknown): boolean {
  return id === null || Number.isSafeInteger(id) || (typeof id === "string" && id.length <= 36);
}
