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

export type Frame =
  | { event: "candles"; data: CandlesFrame }
  | { event: "trades"; data: TradesFrame }
  | { event: "tickers"; data: TickersFrame };

interface Rest {
  name: string;
  seq: number;
  /** When its last frame went out; a room whose turn is long over sends at once. */
  sentAt: number;
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
 * Bundles what happens into one frame per room and flush. A room exists while somebody is in it; what happens
 * meanwhile in the others costs a look-up and nothing else.
 */
export class LiveRooms {
  /** Of this process. */
  readonly epoch = `${Date.now().toString(36)}-${randomBytes(3).toString("hex")}`;
  private readonly rooms = new Map<string, Room>();
  private readonly dirty = new Set<Room>();
  private timer: NodeJS.Timeout | undefined;
  /** Rooms opened later go on from here: no (epoch, room, seq) comes twice, though rooms come and go. */
  private highest = 0;

  constructor(
    private readonly flushMs: number,
    private readonly tickerOf: (market: Market) => Ticker | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Where frames go, once there is a server. Called with all frames of a flush. */
  send: (frames: { room: string; frame: Frame }[]) => void = () => undefined;

  /** Called with a client in the room already, or about to be; opening an open room changes nothing. */
  open(channel: Channel): void {
    const name = roomOf(channel);
    if (this.rooms.has(name)) return;
    const rest: Rest = { name, seq: this.highest, sentAt: -Infinity };
    this.rooms.set(name, { ...rest, ...emptyRoom(channel) });
  }

  /** Nobody is in it any more. */
  close(name: string): void {
    const room = this.rooms.get(name);
    if (room === undefined) return;
    this.rooms.delete(name);
    this.dirty.delete(room);
  }

  /** Number of the last frame sent. */
  seqOf(channel: Channel): number {
    return this.rooms.get(roomOf(channel))?.seq ?? this.highest;
  }

  candles(candles: readonly Candle[]): void {
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

  private mark(room: Room, rows: number): void {
    this.dirty.add(room);
    if (rows >= LIVE_LIMITS.frameRows) this.emit([room]);
  }

  /** Sends the rooms whose time has come, and comes back for the others. */
  private flush(): void {
    if (this.dirty.size === 0) return;
    const now = this.now();
    const due: Room[] = [];
    let wait = Infinity;
    for (const room of this.dirty) {
      const left = room.sentAt + this.flushMs - now;
      if (left <= 0) due.push(room);
      else wait = Math.min(wait, left);
    }
    if (due.length > 0) this.emit(due);
    if (wait === Infinity || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.flush();
    }, Math.ceil(wait));
  }

  private emit(rooms: readonly Room[]): void {
    const now = this.now();
    const frames: { room: string; frame: Frame }[] = [];
    for (const room of rooms) {
      this.dirty.delete(room);
      room.sentAt = now;
      room.seq++;
      this.highest = Math.max(this.highest, room.seq);
      frames.push({ room: room.name, frame: this.frameOf(room) });
    }
    this.send(frames);
  }

  private frameOf(room: Room): Frame {
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
