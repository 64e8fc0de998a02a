import { randomBytes } from "node:crypto";
import type { Candle } from "../domain/candle.js";
import type { Interval } from "../domain/interval.js";
import type { Market } from "../domain/market.js";
import type { Trade } from "../domain/trade.js";
import { CandleConflation } from "./conflation.js";
import type { CandlesFrame, Channel, TickersFrame, TradesFrame } from "./live-events.js";
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

/** The clients of one protocol of the live feed. */
export interface LiveAudience {
  /** All frames of one flush for the rooms that this audience has opened. */
  send(frames: readonly AddressedFrame[]): void;
  /** Events may have been missed: clients of these channels must subscribe again. */
  resync(concerns: (channel: Channel) => boolean): void;
}

interface RoomState {
  name: string;
  audiences: Set<LiveAudience>;
  seq: number;
  /** When its next frame is due, by `now()`; a room that is overdue sends at once. */
  dueAt: number;
  /** Numbers of the deliveries with the first and the last queued event. */
  firstDelivery: number;
  lastDelivery: number;
}
type CandleRoom = RoomState & {
  kind: "candles";
  market: Market;
  interval: Interval;
  waiting: CandleConflation;
};
type TradeRoom = RoomState & {
  kind: "trades";
  market: Market;
  waiting: Trade[];
};
type TickerRoom = RoomState & { kind: "tickers"; waiting: Set<Market> };
type Room = CandleRoom | TradeRoom | TickerRoom;

/**
 * Share of the flush interval by which a frame may be sent before it is due, without moving the
 * next one. Deliveries arrive at their own rate: with exact due times, a single late delivery would
 * delay every later frame as much. And rooms that are due at nearly the same time go to a client in
 * one write.
 */
const MAX_EARLY_SHARE = 0.5;
/**
 * Share of the flush interval by which the next due time moves forward after a frame of a single
 * delivery, whose wait bundled nothing. Otherwise a room with one delivery per flush would, after a
 * burst, delay each of them by the same time for ever.
 */
const CATCH_UP_SHARE = 0.125;

/**
 * Bundles events into one frame per room and flush. A room exists while any audience has a client
 * in it; an event without a room costs one look-up.
 */
export class LiveRooms {
  /** Unique to this process. */
  readonly epoch = `${Date.now().toString(36)}-${randomBytes(3).toString("hex")}`;
  private readonly rooms = new Map<string, Room>();
  private readonly dirty = new Set<Room>();
  private readonly audiences = new Set<LiveAudience>();
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;
  /**
   * Highest `seq` of any room. New rooms start from here, so that a reopened room never repeats an
   * (epoch, seq).
   */
  private highest = 0;
  private delivery = 0;

  constructor(
    private readonly flushMs: number,
    private readonly tickerOf: (market: Market) => Ticker | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** To be called before a client joins the room. Idempotent. */
  open(channel: Channel, audience: LiveAudience): void {
    this.audiences.add(audience);
    const name = roomOf(channel);
    const open = this.rooms.get(name);
    if (open !== undefined) {
      open.audiences.add(audience);
      return;
    }
    const state: RoomState = {
      name,
      audiences: new Set([audience]),
      seq: this.highest,
      dueAt: -Infinity,
      firstDelivery: 0,
      lastDelivery: 0,
    };
    this.rooms.set(name, { ...state, ...emptyRoom(channel) });
  }

  /** To be called when the audience has no client left in the room. */
  close(name: string, audience: LiveAudience): void {
    const room = this.rooms.get(name);
    if (room === undefined) return;
    room.audiences.delete(audience);
    if (room.audiences.size > 0) return;
    this.rooms.delete(name);
    this.dirty.delete(room);
  }

  /** Makes clients of these channels subscribe again, since events may have been missed. */
  resync(concerns: (channel: Channel) => boolean = () => true): void {
    for (const audience of this.audiences) audience.resync(concerns);
  }

  /** `seq` of the last frame sent. */
  seqOf(channel: Channel): number {
    return this.rooms.get(roomOf(channel))?.seq ?? this.highest;
  }

  candles(candles: readonly Candle[]): void {
    this.delivery++;
    for (const candle of candles) {
      const room = this.rooms.get(`candles|${candle.market}|${candle.interval}`);
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

  private get earlyMs(): number {
    return this.flushMs * MAX_EARLY_SHARE;
  }

  private mark(room: Room, rows: number): void {
    if (!this.dirty.has(room)) room.firstDelivery = this.delivery;
    room.lastDelivery = this.delivery;
    this.dirty.add(room);
    if (rows >= LIVE_LIMITS.frameRows) this.emit([room]);
  }

  /** Sends the rooms that are due, and sets the timer for the next one. */
  private flush(): void {
    if (this.dirty.size === 0) return;
    const now = this.now();
    const due: Room[] = [];
    let firstAt = Infinity;
    for (const room of this.dirty) {
      const at = room.dueAt - this.earlyMs;
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
      // At most `earlyMs` ahead: frames sent for their size must not push the due time ever
      // further.
      const dueAt = Math.min(Math.max(room.dueAt, now), now + this.earlyMs);
      const catchUpMs =
        room.firstDelivery === room.lastDelivery ? this.flushMs * CATCH_UP_SHARE : 0;
      room.dueAt = Math.max(now, dueAt - catchUpMs) + this.flushMs;
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
        const tickers = [...room.waiting].flatMap((market) => this.tickerOf(market) ?? []);
        room.waiting.clear();
        return { event: "tickers", data: { ...place, tickers } };
      }
    }
  }
}

function emptyRoom(
  channel: Channel,
):
  | Omit<CandleRoom, keyof RoomState>
  | Omit<TradeRoom, keyof RoomState>
  | Omit<TickerRoom, keyof RoomState> {
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
