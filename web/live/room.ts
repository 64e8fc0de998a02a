import type { Candle } from "../../src/domain/candle.js";
import type { Market } from "../../src/domain/market.js";
import type { Trade } from "../../src/domain/trade.js";
import type {
  Channel,
  LiveError,
  Place,
  SubscribeReply,
  SubscribeRequest,
} from "../../src/live/live-events.js";
import type { Ticker } from "../../src/live/ticker.js";

/** What a room's frames hold. */
export type RowOf<C extends Channel> = C extends { channel: "candles" }
  ? Candle
  : C extends { channel: "trades" }
    ? Trade
    : Ticker;

export interface Listener<Row> {
  /** Candles only: the oldest `openTime` held that must be right after the next snapshot. Asked at each subscription. */
  since?: () => number | undefined;
  /** Rows to merge: frames may have come ahead of them, so that versions and ids decide, not the order. */
  snapshot: (
    rows: readonly Row[],
    about: { epoch: string; truncated: boolean },
  ) => void;
  frame: (rows: readonly Row[]) => void;
  /** What is held may be out of date from now until the next snapshot. */
  stale?: () => void;
  /** Subscribing failed; it is tried again unless the request itself is wrong. */
  refused?: (error: LiveError) => void;
}

/** Sends a subscribe request; calls back once, with undefined when no answer came in time. */
export type Ask = (
  request: SubscribeRequest,
  answer: (reply: SubscribeReply | undefined) => void,
) => void;

const RETRY_MS = { first: 500, cap: 15_000 };
/** Asking again cannot help. */
const FINAL: ReadonlySet<LiveError["code"]> = new Set([
  "bad_request",
  "unknown_channel",
  "unknown_interval",
]);

interface Seat {
  listener: Listener<unknown>;
  /** Of its newest request: an answer to an older one is ignored. */
  request: number;
  delay: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** One room of the live feed and those who listen to it, kept in step as `live-events.ts` tells. */
export class Room {
  private readonly seats = new Map<Listener<unknown>, Seat>();
  /** Of the newest frame or answer; undefined while nothing proves that no frame was missed. */
  private place: Place | undefined;
  private requests = 0;

  constructor(
    readonly channel: Channel,
    private readonly ask: Ask,
  ) {}

  get isEmpty(): boolean {
    return this.seats.size === 0;
  }

  add(listener: Listener<unknown>, connected: boolean): void {
    const seat = {
      listener,
      request: 0,
      delay: RETRY_MS.first,
      timer: undefined,
    };
    this.seats.set(listener, seat);
    if (connected) this.enter(seat);
  }

  remove(listener: Listener<unknown>): void {
    clearTimeout(this.seats.get(listener)?.timer);
    this.seats.delete(listener);
  }

  frame({ epoch, seq }: Place, rows: readonly unknown[]): void {
    for (const { listener } of this.seats.values()) listener.frame(rows);
    if (this.place === undefined) return;
    if (epoch === this.place.epoch && seq === this.place.seq + 1)
      this.place = { epoch, seq };
    else this.enterAgain();
  }

  /** The server put this client out of the room, or the connection is a new one. */
  enterAgain(): void {
    this.leave();
    for (const seat of this.seats.values()) this.enter(seat);
  }

  /** The connection is gone. */
  leave(): void {
    this.place = undefined;
    for (const seat of this.seats.values()) {
      clearTimeout(seat.timer);
      seat.request = 0;
      seat.delay = RETRY_MS.first;
      seat.listener.stale?.();
    }
  }

  private enter(seat: Seat): void {
    const request = ++this.requests;
    seat.request = request;
    const since = seat.listener.since?.();
    this.ask(
      since === undefined ? this.channel : { ...this.channel, since },
      (reply) => {
        if (seat.request !== request || !this.seats.has(seat.listener)) return;
        if (reply?.ok !== true) return this.retry(seat, reply?.error);
        const { epoch, seq, snapshot, truncated } = reply;
        this.place = { epoch, seq };
        seat.delay = RETRY_MS.first;
        seat.listener.snapshot(snapshot, { epoch, truncated });
      },
    );
  }

  private retry(seat: Seat, error: LiveError | undefined): void {
    if (error !== undefined) seat.listener.refused?.(error);
    if (error !== undefined && FINAL.has(error.code)) return;
    seat.timer = setTimeout(() => this.enter(seat), seat.delay);
    seat.delay = Math.min(seat.delay * 2, RETRY_MS.cap);
  }
}

export function roomName(
  channel: Channel | { channel: "candles"; market: Market; interval: string },
): string {
  switch (channel.channel) {
    case "candles":
      return `candles|${channel.market}|${channel.interval}`;
    case "trades":
      return `trades|${channel.market}`;
    case "tickers":
      return "tickers";
  }
}
