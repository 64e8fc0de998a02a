import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { Channel } from "../../src/live/live-events.js";
import { roomOf } from "../../src/live/subscription.js";
import { Frames, serveLoad } from "../live/live-load.js";

interface Member {
  socket: Socket;
  rooms: Set<string>;
}

/**
 * The floor: each frame is made once, and all frames of a client's round are one write. Implements
 * only the part of Socket.IO that its clients need to connect.
 */
serveLoad(async () => {
  const http = createServer();
  const webSockets = new WebSocketServer({ noServer: true });
  const frames = new Frames(new Map());
  const members = new Set<Member>();
  http.on("upgrade", (request, socket: Socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (client: WebSocket) => {
      const member: Member = { socket, rooms: new Set() };
      members.add(member);
      client.on("close", () => members.delete(member));
      client.send('0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}');
      client.on("message", (data: Buffer) => {
        const text = data.toString();
        if (text === "40") client.send('40{"sid":"a"}');
        const [, id, parts] = /^42(\d+)(.*)$/.exec(text) ?? [];
        if (id === undefined || parts === undefined) return;
        const [, channel] = JSON.parse(parts) as [string, Channel];
        member.rooms.add(roomOf(channel));
        client.send(`43${id}${JSON.stringify([{ ok: true, seq: frames.last, snapshot: [] }])}`);
      });
    });
  });
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  return {
    port: (http.address() as AddressInfo).port,
    flushes: frames.flushes,
    publish: (candles) => {
      const framed = new Map<string, Buffer>();
      for (const { room, event, data } of frames.round(candles, () => true))
        framed.set(room, frameOf(`42${JSON.stringify([event, data])}`));
      for (const { socket, rooms } of members) {
        const own: Buffer[] = [];
        for (const room of rooms) {
          const frame = framed.get(room);
          if (frame !== undefined) own.push(frame);
        }
        const [only] = own;
        if (only !== undefined) socket.write(own.length === 1 ? only : Buffer.concat(own));
      }
    },
    isSettled: () => [...members].every(({ socket }) => socket.writableLength === 0),
  };
});

/** RFC 6455, section 5.2: one unmasked text frame. */
function frameOf(text: string): Buffer {
  const body = Buffer.from(text);
  const { length } = body;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, body]);
}
