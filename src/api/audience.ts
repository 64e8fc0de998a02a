import type { DefaultEventsMap, Server, Socket } from "socket.io";
import type { Metrics } from "../metrics.js";
import type { Channel, ClientEvents, ServerEvents } from "./live-events.js";
import { LIVE_LIMITS } from "./live-limits.js";
import type { Frame } from "./live-rooms.js";
import { SlowClients, type Wire } from "./slow-clients.js";
import { roomOf } from "./subscription.js";

/** What is remembered of a client. */
export interface Member {
  /** By room. */
  channels: Map<string, Channel>;
  /** Rooms it was taken out of for being slow. */
  missed: Map<string, Channel>;
  /** Requests that are not answered yet. */
  waiting: number;
  /** Its requests are answered one after the other, so that what it is owed at any time is one snapshot. */
  queue: Promise<void>;
}

export type LiveServer = Server<
  ClientEvents,
  ServerEvents,
  DefaultEventsMap,
  Member
>;
export type LiveSocket = Socket<
  ClientEvents,
  ServerEvents,
  DefaultEventsMap,
  Member
>;

/**
 * Who gets which frames. A frame is encoded once and goes to all sockets of its room; a client that cannot keep up is
 * taken out of its rooms, so that the others keep the cheap way, and is told with `resync` when it has caught up.
 */
export class Audience {
  private readonly slow = new SlowClients({
    slow: (id) => this.takeOut(id),
    drained: (id) => this.tell(id),
  });
  /** How many slow clients miss each room's frames. */
  private readonly missing = new Map<string, number>();
  private server: LiveServer | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly metrics: Metrics) {}

  open(server: LiveServer): void {
    this.server = server;
    // Clients are looked at before frames go out; this is for when none do.
    this.timer = setInterval(() => this.slow.look(), LIVE_LIMITS.lookMs * 4);
  }

  add(socket: LiveSocket): void {
    socket.data = {
      channels: new Map(),
      missed: new Map(),
      waiting: 0,
      queue: Promise.resolve(),
    };
    this.slow.add(socket.id, socket.conn as unknown as Wire);
    this.metrics.clients.inc();
  }

  remove(socket: LiveSocket): void {
    this.slow.remove(socket.id);
    this.forgetMissed(socket.data);
    this.metrics.clients.dec();
  }

  isSlow(socket: LiveSocket): boolean {
    return this.slow.isSlow(socket.id);
  }

  async join(socket: LiveSocket, channel: Channel): Promise<void> {
    socket.data.channels.set(roomOf(channel), channel);
    await socket.join(roomOf(channel));
  }

  async leave(socket: LiveSocket, channel: Channel): Promise<void> {
    socket.data.channels.delete(roomOf(channel));
    await socket.leave(roomOf(channel));
  }

  send(frames: readonly { room: string; frame: Frame }[]): void {
    const { server } = this;
    if (server === undefined) return;
    this.slow.look();
    const { rooms } = server.of("/").adapter;
    for (const { room, frame } of frames) {
      this.metrics.frames.inc(
        { outcome: "skipped" },
        this.missing.get(room) ?? 0,
      );
      const size = rooms.get(room)?.size ?? 0;
      if (size === 0) continue;
      this.metrics.frames.inc({ outcome: "sent" }, size);
      emit(server, room, frame);
    }
  }

  /** Asks every client to subscribe again. */
  resync(): void {
    for (const { id } of this.server?.sockets.sockets.values() ?? []) {
      if (this.slow.isSlow(id)) continue;
      this.takeOut(id);
      this.tell(id);
    }
  }

  close(): void {
    clearInterval(this.timer);
  }

  private takeOut(id: string): void {
    const socket = this.server?.sockets.sockets.get(id);
    if (socket === undefined) return;
    const { channels, missed } = socket.data;
    for (const [room, channel] of channels) {
      void socket.leave(room);
      if (missed.has(room)) continue;
      missed.set(room, channel);
      this.missing.set(room, (this.missing.get(room) ?? 0) + 1);
    }
    channels.clear();
  }

  private tell(id: string): void {
    const socket = this.server?.sockets.sockets.get(id);
    if (socket === undefined) return;
    const rooms = [...socket.data.missed.values()];
    if (rooms.length > 0) socket.emit("resync", { rooms });
    this.forgetMissed(socket.data);
  }

  private forgetMissed({ missed }: Member): void {
    for (const room of missed.keys()) {
      const left = (this.missing.get(room) ?? 1) - 1;
      if (left === 0) this.missing.delete(room);
      else this.missing.set(room, left);
    }
    missed.clear();
  }
}

function emit(server: LiveServer, room: string, frame: Frame): void {
  const target = server.to(room);
  if (frame.event === "candles") target.emit("candles", frame.data);
  else if (frame.event === "trades") target.emit("trades", frame.data);
  else target.emit("tickers", frame.data);
}
