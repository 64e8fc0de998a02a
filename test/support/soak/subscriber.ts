import { setTimeout as sleep } from "node:timers/promises";
import { type Socket, io } from "socket.io-client";
import type { Candle } from "../../../src/domain/candle.js";
import type { Interval } from "../../../src/domain/interval.js";
import type { ClientEvents, ServerEvents, SubscribeReply } from "../../../src/live/live-events.js";
import { candlesOf } from "./rest-candles.js";

interface Room {
  market: string;
  interval: Interval;
  candles: Map<number, Candle>;
  /** Undefined while it subscribes. */
  place: { epoch: string; seq: number } | undefined;
  /** Subscriptions so far: an answer to an older one is of no use. */
  entries: number;
}

const RETRY_MS = 500;

/**
 * A client by the protocol of `live-events.ts`: applies frames by version, subscribes again with
 * `since` after a jump, another epoch, a `resync` or a new connection, and reads over REST what a
 * snapshot does not reach.
 */
export class Subscriber {
  jumps = 0;
  resyncs = 0;
  connections = 0;
  private readonly rooms: Room[];
  private readonly socket: Socket<ServerEvents, ClientEvents>;
  private isClosed = false;

  /** @param since epoch ms: everything from there on is to be right */
  constructor(
    private readonly url: string,
    rooms: readonly { market: string; interval: Interval }[],
    private readonly since: number,
  ) {
    this.rooms = rooms.map((room) => ({
      ...room,
      candles: new Map<number, Candle>(),
      place: undefined,
      entries: 0,
    }));
    this.socket = io(url, {
      transports: ["websocket"],
      forceNew: true,
      reconnectionDelay: 200,
      reconnectionDelayMax: 1_000,
    });
    this.socket.on("connect", () => {
      this.connections++;
      for (const room of this.rooms) void this.enter(room);
    });
    this.socket.on("candles", ({ market, interval, candles, epoch, seq }) => {
      const room = this.rooms.find((one) => one.market === market && one.interval === interval);
      if (room === undefined) return;
      apply(room, candles);
      const { place } = room;
      if (place === undefined) return;
      room.place = { epoch, seq };
      if (place.epoch === epoch && place.seq + 1 === seq) return;
      this.jumps++;
      void this.enter(room);
    });
    this.socket.on("resync", ({ rooms }) => {
      for (const left of rooms) {
        if (left.channel !== "candles") continue;
        const room = this.rooms.find(
          (one) => one.market === left.market && one.interval === left.interval,
        );
        if (room === undefined) continue;
        this.resyncs++;
        void this.enter(room);
      }
    });
  }

  /** True once every room has been entered and no request is pending. */
  get isSettled(): boolean {
    return this.rooms.every(({ place }) => place !== undefined);
  }

  /** Its candles, ascending. */
  get state(): { market: string; interval: Interval; candles: Candle[] }[] {
    return this.rooms.map(({ market, interval, candles }) => ({
      market,
      interval,
      candles: [...candles.values()].sort((a, b) => a.openTime - b.openTime),
    }));
  }

  close(): void {
    this.isClosed = true;
    this.socket.disconnect();
  }

  /** A new connection begins again by itself. */
  private async enter(room: Room): Promise<void> {
    const entry = ++room.entries;
    room.place = undefined;
    const { market, interval } = room;
    const isCurrent = (): boolean =>
      !this.isClosed && this.socket.connected && room.entries === entry;
    while (isCurrent()) {
      let reply: SubscribeReply;
      try {
        reply = (await this.socket.timeout(15_000).emitWithAck("subscribe", {
          channel: "candles",
          market,
          interval,
          since: this.since,
        })) as SubscribeReply;
      } catch {
        continue;
      }
      if (!isCurrent()) return;
      if (!reply.ok) {
        // A market without a trade is still unknown; the other codes can be retried.
        await sleep(RETRY_MS);
        continue;
      }
      const snapshot = reply.snapshot as Candle[];
      const { epoch, seq, truncated } = reply;
      apply(room, snapshot);
      room.place = { epoch, seq };
      if (truncated && !(await this.readRest(room, snapshot[0]?.openTime))) continue;
      return;
    }
  }

  /** False when it must be retried. */
  private async readRest(room: Room, end = Infinity): Promise<boolean> {
    const { market, interval } = room;
    try {
      const older = await candlesOf(this.url, market, interval, this.since);
      apply(
        room,
        older.filter(({ openTime }) => openTime < end),
      );
      return true;
    } catch {
      room.place = undefined;
      await sleep(RETRY_MS);
      return false;
    }
  }
}

function apply({ candles }: Room, news: readonly Candle[]): void {
  for (const candle of news) {
    const known = candles.get(candle.openTime);
    if (known === undefined || candle.version > known.version) candles.set(candle.openTime, candle);
  }
}
