import { type ReadonlySignal, signal } from "@preact/signals";
import { type Socket, io } from "socket.io-client";
import type { Channel, ClientEvents, Place, ServerEvents } from "../../src/live/live-events.js";
import { type Listener, Room, type RowOf, roomName } from "./room.js";

const ANSWER_MS = 10_000;

export interface Connection {
  state: "connecting" | "connected" | "lost";
  /** Epoch ms of this browser's clock. */
  since: number;
  /** Why the last attempt failed. */
  detail: string | null;
}

/**
 * The single connection to the live feed; `follow` joins rooms, which are rejoined after every
 * loss.
 */
export class Feed {
  private readonly socket: Socket<ServerEvents, ClientEvents>;
  private readonly rooms = new Map<string, Room>();
  private readonly state = signal<Connection>({
    state: "connecting",
    since: Date.now(),
    detail: null,
  });

  /** @param url of another server than the page's own */
  constructor(url?: string) {
    const options = {
      transports: ["websocket"],
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
      // A separate connection for each test; the page has one feed anyway.
      forceNew: true,
    };
    const socket = url === undefined ? io(options) : io(url, options);
    this.socket = socket;
    this.socket.on("connect", () => this.connected());
    this.socket.on("disconnect", (reason) => this.disconnected(reason));
    this.socket.on("connect_error", (error) => this.failed(error.message));
    this.socket.on("candles", (frame) =>
      this.deliver({ ...frame, channel: "candles" }, frame, frame.candles),
    );
    this.socket.on("trades", (frame) =>
      this.deliver({ ...frame, channel: "trades" }, frame, frame.trades),
    );
    this.socket.on("tickers", (frame) =>
      this.deliver({ channel: "tickers" }, frame, frame.tickers),
    );
    this.socket.on("resync", ({ rooms }) => {
      for (const channel of rooms) this.rooms.get(roomName(channel))?.rejoin();
    });
  }

  get connection(): ReadonlySignal<Connection> {
    return this.state;
  }

  /** Listens until the returned function is called. Several may listen to one room. */
  follow<C extends Channel>(channel: C, listener: Listener<RowOf<C>>): () => void {
    const name = roomName(channel);
    const room = this.rooms.get(name) ?? this.open(name, channel);
    const seat = { ...listener } as Listener<unknown>;
    room.add(seat, this.socket.connected);
    return () => {
      room.remove(seat);
      if (!room.isEmpty || this.rooms.get(name) !== room) return;
      this.rooms.delete(name);
      if (this.socket.connected) this.socket.emit("unsubscribe", channel, () => undefined);
    };
  }

  close(): void {
    this.socket.disconnect();
    this.socket.removeAllListeners();
    for (const room of this.rooms.values()) room.leave();
    this.rooms.clear();
  }

  private open(name: string, channel: Channel): Room {
    const room = new Room(channel, (request, answer) =>
      this.socket.timeout(ANSWER_MS).emit("subscribe", request, (error, reply) =>
        // By its type there is always a reply; with an error there is none.
        answer((error as Error | null) === null ? reply : undefined),
      ),
    );
    this.rooms.set(name, room);
    return room;
  }

  private deliver(channel: Channel, place: Place, rows: readonly unknown[]): void {
    this.rooms.get(roomName(channel))?.frame(place, rows);
  }

  private connected(): void {
    this.state.value = {
      state: "connected",
      since: Date.now(),
      detail: null,
    };
    for (const room of this.rooms.values()) room.rejoin();
  }

  private disconnected(reason: string): void {
    this.state.value = { state: "lost", since: Date.now(), detail: reason };
    for (const room of this.rooms.values()) room.leave();
    // Socket.IO does not reconnect by itself when the server closed the connection cleanly.
    if (reason === "io server disconnect") this.socket.connect();
  }

  private failed(detail: string): void {
    this.state.value = { ...this.state.value, detail };
  }
}
