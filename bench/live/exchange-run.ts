import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";
import { eventTime, frameOf, textFrame } from "./exchange-frames.js";
import { answer, clock } from "../harness/child.js";

/**
 * An exchange on loopback that speaks Binance's combined streams and records when it gave each
 * trade's frame to the socket. All frames due in a tick are one write, to leave the cores to the
 * measured processes.
 */
const TICK_MS = 2;

/**
 * By market: exchange time of each trade, and when its frame was handed over (`clock()`); id 1 is
 * at 0.
 */
const times: number[][] = [];
const handed: number[][] = [];
const sockets = new Set<Socket>();
let timer: NodeJS.Timeout | undefined;

/** `count` more trades of every market, in one write. */
function trade(count: number): void {
  const frames: Buffer[] = [];
  const time = eventTime();
  for (let step = 0; step < count; step++)
    for (const [market, known] of times.entries()) {
      known.push(time);
      frames.push(textFrame(frameOf(market, known.length, time)));
    }
  const bytes = Buffer.concat(frames);
  const at = clock();
  for (const known of handed) for (let step = 0; step < count; step++) known.push(at);
  for (const socket of sockets) socket.write(bytes);
}

/** Spreads trades evenly over a time; catches up after a late tick. */
async function spread(perMarket: number, ms: number): Promise<void> {
  const began = performance.now();
  let done = 0;
  await new Promise<void>((end) => {
    timer = setInterval(() => {
      const part = Math.min(1, (performance.now() - began) / ms);
      const due = Math.floor(perMarket * part) - done;
      if (due > 0) trade(due);
      done += Math.max(0, due);
      if (part === 1) end();
    }, TICK_MS);
  });
  clearInterval(timer);
}

answer({
  open: async (markets: number) => {
    for (let market = 0; market < markets; market++) {
      times.push([]);
      handed.push([]);
    }
    const http = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end("[]");
    });
    const webSockets = new WebSocketServer({ noServer: true });
    http.on("upgrade", (request, socket: Socket, head) => {
      webSockets.handleUpgrade(request, socket, head, () => {
        socket.setNoDelay(true);
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
      });
    });
    await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
    return (http.address() as AddressInfo).port;
  },
  connections: () => sockets.size,
  spread,
  /** Trades of each market so far. */
  sent: () => times[0]?.length ?? 0,
  times: () => times,
  handed: () => handed,
});
