import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { type Channel } from "../../src/live/live-events.js";
import { roomOf } from "../../src/live/subscription.js";
import { Frames, serveLoad } from "../live/live-load.js";

/**
 * Socket.IO as its documentation shows it: a room for each market, and `io.to(room).emit` of each
 * frame.
 */
serveLoad(async () => {
  const http = createServer();
  const io = new Server(http, {
    transports: ["websocket"],
    perMessageDeflate: false,
  });
  const frames = new Frames(new Map());
  io.on("connection", (socket: Socket) => {
    socket.on("subscribe", (channel: Channel, reply: (it: object) => void) => {
      void socket.join(roomOf(channel));
      reply({ ok: true, epoch: "", seq: frames.last, snapshot: [] });
    });
  });
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  const { rooms } = io.of("/").adapter;
  return {
    port: (http.address() as AddressInfo).port,
    flushes: frames.flushes,
    publish: (candles) => {
      for (const { room, event, data } of frames.round(candles, (name) => rooms.has(name)))
        io.to(room).emit(event, data);
    },
    isSettled: () =>
      [...io.sockets.sockets.values()].every(({ conn }) => {
        const { writeBuffer, transport } = conn as unknown as {
          writeBuffer: unknown[];
          transport: { writable: boolean };
        };
        return writeBuffer.length === 0 && transport.writable;
      }),
  };
});
