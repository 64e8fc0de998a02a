import { randomBytes } from "node:crypto";
import type { Candle } from "../domain/candle.js";
import type { Interval } from "../domain/interval.js";
import type { Market } from "../domain/market.js";
import type { Trade } from "../domain/trade.js";
import { CandleConflation } from "./conflation.js";
import type {
  CandlesFrame,
  Channel,
  TickersFrame,
  TradesFrame,
} from "./live-events.js";
import { LIVE_LIMITS } from "./live-limits.js";
import { roomOf } from "./subscription.js";
import type { Ticker } from "./ticker.js";

export type RoomFrame =
  | { event: "candles"; data: CandlesFrame }
  | { event: "trades"; data: TradesFrame }
  | { event: "tickers"; data: TickersFrame };

/** A frame and the room that it is for. */
export interface AddressedFrame {
  room: string;
  frame: RoomFrame;
}

/** A face of the live feed with clients of its own. */
export interface LiveAudience {
  /** All frames of a flush that are for rooms which this audience has opened. */
  send(frames: readonly AddressedFrame[]): void;
  /** Something may have been missed: clients have to subscribe again. */
  resync(): void;
}

interface Rest {
  name: string;
  audiences: Set<LiveAudience>;
  seq: number;
  /** Turn of its next frame; a room whose turn is over sends at once. */
  dueAt: number;
  /** Deliveries that brought the first and the last of what waits. */
  first: number;
  last: number;
}
type CandleRoom = Rest & {
  kind: "candles";
  market: Market;
  interval: Interval;
  waiting: CandleConflation;
};
type TradeRoom = Rest & { kind: "trades"; market: Market; waiting: Trade[] };
type TickerRoom = Rest & { kind: "tickers"; waiting: Set<Market> };
type Room = CandleRoom | TradeRoom | TickerRoom;

/**
 * Part of a flush by which a frame may go before its turn; the next one's turn does not come earlier for it. What feeds a
 * room has a pace of its own: with exact turns, all frames would wait for the latest one's place in that. And a client
 * gets the frames of rooms with nearly the same turn in one write.
 */
const EARLY = 0.5;
/**
 * Part of a flush by which the next turn comes earlier after a frame of one delivery only: waiting has bundled nothing.
 * After a burst, a room whose news comes once a flush would otherwise hold each of them back by the same time for ever.
 */
const NEARER = 0.125;

/**
 * Bundles what happens into one frame per room and flush. A room exists while somebody of any audience is in it; what happens
 * meanwhile in the others costs a look-up and nothing else.
 */
export class LiveRooms {
  /** Of this process. */
  readonly epoch = `${Date.now().toString(36)}-${randomBytes(3).toString("hex")}`;
  private readonly rooms = new Map<string, Room>();
  private readonly dirty = new Set<Room>();
  private readonly audiences = new Set<LiveAudience>();
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;
  /** Rooms opened later go on from here: no (epoch, room, seq) comes twice, though rooms come and go. */
  private highest = 0;
  private delivery = 0;

  constructor(
    private readonly flushMs: number,
    private readonly tickerOf: (market: Market) => Ticker | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** For a client that is in the room already, or about to be; opening it once more changes nothing. */
  open(channel: Channel, audience: LiveAudience): void {
    this.audiences.add(audience);
    const name = roomOf(channel);
    const open = this.rooms.get(name);
    if (open !== undefined) {
      open.audiences.add(audience);
      return;
    }
    const rest: Rest = {
      name,
      audiences: new Set([audience]),
      seq: this.highest,
      dueAt: -Infinity,
      first: 0,
      last: 0,
    };
    this.rooms.set(name, { ...rest, ...emptyRoom(channel) });
  }

  /** Nobody of this audience is in it any more. */
  close(name: string, audience: LiveAudience): void {
    const room = this.rooms.get(name);
    if (room === undefined) return;
    room.audiences.delete(audience);
    if (room.audiences.size > 0) return;
    this.rooms.delete(name);
    this.dirty.delete(room);
  }

  /** Tells every audience that something may have been missed. */
  resync(): void {
    for (const audience of this.audiences) audience.resync();
  }

  /** Number of the last frame sent. */
  seqOf(channel: Channel): number {
    return this.rooms.get(roomOf(channel))?.seq ?? this.highest;
  }

  candles(candles: readonly Candle[]): void {
    this.delivery++;
    for (const candle of candles) {
      const room = this.rooms.get(
        `candles|${candle.market}|${candle.interval}`,
      );
      if (room?.kind !== "candles" || !room.waiting.add(candle)) continue;
      this.mark(room, room.waiting.size);
    }
    this.flush();
  }

  trades(trades: readonly Trade[]): void {
    this.delivery++;
    for (const trade of trades) {
      const room = this.rooms.get(`trades|${trade.market}`);
      if (room?.kind !== "trades") continue;
      room.waiting.push(trade);
      this.mark(room, room.waiting.length);
    }
    this.flush();
  }

  /** These markets' tickers have changed. */
  tickers(markets: Iterable<Market>): void {
    this.delivery++;
    const room = this.rooms.get("tickers");
    if (room?.kind !== "tickers") return;
    for (const market of markets) room.waiting.add(market);
    if (room.waiting.size > 0) this.mark(room, 0);
    this.flush();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.dirty.clear();
    this.rooms.clear();
  }

  private get early(): number {
    return this.flushMs * EARLY;
  }

  private mark(room: Room, rows: number): void {
    if (!this.dirty.has(room)) room.first = this.delivery;
    room.last = this.delivery;
    this.dirty.add(room);
    if (rows >= LIVE_LIMITS.frameRows) this.emit([room]);
  }

  /** Sends the rooms whose time has come, and comes back for the others. */
  private flush(): void {
    if (this.dirty.size === 0) return;
    const now = this.now();
    const due: Room[] = [];
    let firstAt = Infinity;
    for (const room of this.dirty) {
      const at = room.dueAt - this.early;
      if (at <= now) due.push(room);
      else firstAt = Math.min(firstAt, at);
    }
    if (due.length > 0) this.emit(due);
    if (firstAt === Infinity) return;
    if (this.timer !== undefined && this.timerAt <= firstAt) return;
    clearTimeout(this.timer);
    this.timerAt = firstAt;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.flush();
      },
      Math.ceil(firstAt - now),
    );
  }

  private emit(rooms: readonly Room[]): void {
    const now = this.now();
    const bundles = new Map<LiveAudience, AddressedFrame[]>();
    for (const room of rooms) {
      this.dirty.delete(room);
      // Frames that went out for their size, long before their turn, do not pile up turns.
      const turn = Math.min(Math.max(room.dueAt, now), now + this.early);
      const nearer = room.first === room.last ? this.flushMs * NEARER : 0;
      room.dueAt = Math.max(now, turn - nearer) + this.flushMs;
      room.seq++;
      this.highest = Math.max(this.highest, room.seq);
      const frame = { room: room.name, frame: this.frameOf(room) };
      for (const audience of room.audiences) {
        const bundle = bundles.get(audience);
        if (bundle === undefined) bundles.set(audience, [frame]);
        else bundle.push(frame);
      }
    }
    for (const [audience, frames] of bundles) audience.send(frames);
  }

  private frameOf(room: Room): RoomFrame {
    const place = { epoch: this.epoch, seq: room.seq };
    switch (room.kind) {
      case "candles":
        return {
          event: "candles",
          data: {
            market: room.market,
            interval: room.interval,
            ...place,
            candles: room.waiting.take(),
          },
        };
      case "trades":
        return {
          event: "trades",
          data: {
            market: room.market,
            ...place,
            trades: room.waiting.splice(0),
          },
        };
      case "tickers": {
        const tickers = [...room.waiting].flatMap(
          (market) => this.tickerOf(market) ?? [],
        );
        room.waiting.clear();
        return { event: "tickers", data: { ...place, tickers } };
      }
    }
  }
}

function emptyRoom(
  channel: Channel,
):
  | Omit<CandleRoom, keyof Rest>
  | Omit<TradeRoom, keyof Rest>
  | Omit<TickerRoom, keyof Rest> {
  switch (channel.channel) {
    case "candles":
      return {
        kind: "candles",
        market: channel.market,
        interval: channel.interval,
        waiting: new CandleConflation(),
      };
    case "trades":
      return { kind: "trades", market: channel.market, waiting: [] };
    case "tickers":
      return { kind: "tickers", waiting: new Set() };
  }
}
