import type { Socket as TcpSocket } from "node:net";
import type { DefaultEventsMap, Server, Socket } from "socket.io";
import type { Channel, ClientEvents, ServerEvents } from "../../live/live-events.js";
import { LIVE_LIMITS } from "../../live/live-limits.js";
import type { LiveAudience, AddressedFrame } from "../../live/live-rooms.js";
import { roomOf } from "../../live/subscription.js";
import type { AudienceFigures } from "./audience-figures.js";
import { eventFrame } from "../../live/event-frame.js";
import { type Encoded, SlowClients, type Wire } from "./slow-clients.js";

/** State of one client. */
export interface Listener {
  /** By room. */
  channels: Map<string, Channel>;
  /** Rooms that it was removed from for being slow. */
  missed: Map<string, Channel>;
  /** Unanswered requests. */
  waiting: number;
  /** Requests are answered one at a time, so that at most one snapshot per client is in memory. */
  queue: Promise<void>;
}

export type LiveServer = Server<ClientEvents, ServerEvents, DefaultEventsMap, Listener>;
export type LiveSocket = Socket<ClientEvents, ServerEvents, DefaultEventsMap, Listener>;

/**
 * Internals of engine.io and ws that frames are written to; engine.io itself writes single frames
 * this way.
 */
interface DirectWire extends Wire {
  readonly readyState: string;
  readonly transport: Wire["transport"] & {
    readonly socket: {
      readonly _sender: { sendFrame(frame: readonly Buffer[]): void };
      readonly _socket: TcpSocket | null;
    };
  };
}

/**
 * The Socket.IO clients of this process. A frame is encoded once for all sockets of its room. A
 * client that cannot keep up is removed from its rooms, so that the others are not slowed down, and
 * gets a `resync` when it has caught up.
 */
export class Audience implements LiveAudience {
  private readonly slow = new SlowClients({
    slow: (id) => this.leaveRooms(id),
    drained: (id) => this.sendResync(id),
  });
  /** How many slow clients miss each room's frames. */
  private readonly missing = new Map<string, number>();
  private server: LiveServer | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly figures: AudienceFigures) {}

  open(server: LiveServer): void {
    this.server = server;
    // Clients are checked before frames are sent; the timer covers times without frames.
    this.timer = setInterval(() => this.slow.check(), LIVE_LIMITS.checkIntervalMs * 4);
  }

  add(socket: LiveSocket): void {
    socket.data = {
      channels: new Map(),
      missed: new Map(),
      waiting: 0,
      queue: Promise.resolve(),
    };
    const conn = socket.conn as unknown as Wire & { request: unknown };
    // Saves memory: nothing reads it after the handshake (as Socket.IO's documentation recommends).
    conn.request = null;
    this.slow.add(socket.id, conn);
    this.figures.clients.inc();
  }

  remove(socket: LiveSocket): void {
    this.slow.remove(socket.id);
    this.forgetMissed(socket.data);
    this.figures.clients.dec();
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

  /**
   * Encodes each frame once and sends a client all frames of a flush in one write. An `emit` per
   * room would be one write per frame: four times the CPU with ten rooms.
   */
  send(frames: readonly AddressedFrame[]): void {
    const { server } = this;
    if (server === undefined) return;
    this.slow.check();
    const { rooms } = server.of("/").adapter;
    const bundles = new Map<string, Buffer[]>();
    for (const { room, frame } of frames) {
      this.figures.frames.inc({ outcome: "skipped" }, this.missing.get(room) ?? 0);
      const members = rooms.get(room);
      if (members === undefined || members.size === 0) continue;
      this.figures.frames.inc({ outcome: "sent" }, members.size);
      const encoded = eventFrame(frame.event, frame.data);
      for (const id of members) {
        const bundle = bundles.get(id);
        if (bundle === undefined) bundles.set(id, [encoded]);
        else bundle.push(encoded);
      }
    }
    for (const [id, bundle] of bundles) {
      const socket = server.sockets.sockets.get(id);
      if (socket !== undefined) write(socket, bundle);
    }
  }

  /** Makes the clients of these channels subscribe again. */
  resync(concerns: (channel: Channel) => boolean): void {
    for (const { id } of this.server?.sockets.sockets.values() ?? []) {
      if (this.slow.isSlow(id)) continue;
      this.leaveRooms(id, concerns);
      this.sendResync(id);
    }
  }

  close(): void {
    clearInterval(this.timer);
  }

  private leaveRooms(id: string, concerns: (channel: Channel) => boolean = () => true): void {
    const socket = this.server?.sockets.sockets.get(id);
    if (socket === undefined) return;
    const { channels, missed } = socket.data;
    for (const [room, channel] of channels) {
      if (!concerns(channel)) continue;
      channels.delete(room);
      void socket.leave(room);
      if (missed.has(room)) continue;
      missed.set(room, channel);
      this.missing.set(room, (this.missing.get(room) ?? 0) + 1);
    }
  }

  private sendResync(id: string): void {
    const socket = this.server?.sockets.sockets.get(id);
    if (socket === undefined) return;
    const rooms = [...socket.data.missed.values()];
    if (rooms.length > 0) socket.emit("resync", { rooms });
    this.forgetMissed(socket.data);
  }

  private forgetMissed({ missed }: Listener): void {
    for (const room of missed.keys()) {
      const left = (this.missing.get(room) ?? 1) - 1;
      if (left === 0) this.missing.delete(room);
      else this.missing.set(room, left);
    }
    missed.clear();
  }
}

/**
 * Writes frames as Socket.IO writes an encoded broadcast. Engine.IO would hold back all but the
 * first frame until that has reached the kernel; here the others go straight to the WebSocket, and
 * the corked TCP socket sends all at once.
 */
function write({ conn }: LiveSocket, frames: readonly Buffer[]): void {
  const { transport, readyState } = conn as unknown as DirectWire;
  const { _sender: sender, _socket: tcp } = transport.socket;
  const isFree = transport.writable && readyState === "open";
  tcp?.cork();
  try {
    for (const [index, frame] of frames.entries()) {
      const options: Encoded = { compress: false, wsPreEncodedFrame: [frame] };
      if (isFree && index > 0) sender.sendFrame(options.wsPreEncodedFrame);
      // The empty text is for transports that the server does not offer.
      else conn.write("", options);
    }
  } finally {
    tcp?.uncork();
  }
}
