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

/** The row type of a channel's frames. */
export type RowOf<C extends Channel> = C extends { channel: "candles" }
  ? Candle
  : C extends { channel: "trades" }
    ? Trade
    : Ticker;

export interface Listener<Row> {
  /**
   * Candles only: the oldest `openTime` that must be current after the next snapshot. Called at
   * each subscription.
   */
  since?: () => number | undefined;
  /** Rows to merge by version or id, since frames may have arrived before them. */
  snapshot: (rows: readonly Row[], about: { epoch: string; truncated: boolean }) => void;
  frame: (rows: readonly Row[]) => void;
  /** The rows may be out of date from now until the next snapshot. */
  stale?: () => void;
  /** Subscribing failed; it is retried unless the request itself is wrong. */
  refused?: (error: LiveError) => void;
}

/** Sends a subscribe request; calls back once, with undefined on a timeout. */
export type SendSubscribe = (
  request: SubscribeRequest,
  answer: (reply: SubscribeReply | undefined) => void,
) => void;

const RETRY_MS = { first: 500, cap: 15_000 };
/** Errors that a retry cannot resolve. */
const FINAL: ReadonlySet<LiveError["code"]> = new Set([
  "bad_request",
  "unknown_channel",
  "unknown_interval",
]);

interface Member {
  listener: Listener<unknown>;
  /** Number of its newest request: an answer to an older one is ignored. */
  request: number;
  delay: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * One room of the live feed and its listeners, kept in step by the protocol of `live-events.ts`.
 */
export class Room {
  private readonly members = new Map<Listener<unknown>, Member>();
  /** Position of the newest frame or answer; undefined while frames may have been missed. */
  private place: Place | undefined;
  private requests = 0;

  constructor(
    readonly channel: Channel,
    private readonly sendSubscribe: SendSubscribe,
  ) {}

  get isEmpty(): boolean {
    return this.members.size === 0;
  }

  add(listener: Listener<unknown>, connected: boolean): void {
    const member = {
      listener,
      request: 0,
      delay: RETRY_MS.first,
      timer: undefined,
    };
    this.members.set(listener, member);
    if (connected) this.enter(member);
  }

  remove(listener: Listener<unknown>): void {
    clearTimeout(this.members.get(listener)?.timer);
    this.members.delete(listener);
  }

  frame({ epoch, seq }: Place, rows: readonly unknown[]): void {
    for (const { listener } of this.members.values()) listener.frame(rows);
    if (this.place === undefined) return;
    if (epoch === this.place.epoch && seq === this.place.seq + 1) this.place = { epoch, seq };
    else this.rejoin();
  }

  /**
   * To be called when the server has removed this client from the room, or the connection is new.
   */
  rejoin(): void {
    this.leave();
    for (const member of this.members.values()) this.enter(member);
  }

  /** To be called when the connection is lost. */
  leave(): void {
    this.place = undefined;
    for (const member of this.members.values()) {
      clearTimeout(member.timer);
      member.request = 0;
      member.delay = RETRY_MS.first;
      member.listener.stale?.();
    }
  }

  private enter(member: Member): void {
    const request = ++this.requests;
    member.request = request;
    const since = member.listener.since?.();
    this.sendSubscribe(since === undefined ? this.channel : { ...this.channel, since }, (reply) => {
      if (member.request !== request || !this.members.has(member.listener)) return;
      if (reply?.ok !== true) return this.retry(member, reply?.error);
      const { epoch, seq, snapshot, truncated } = reply;
      this.place = { epoch, seq };
      member.delay = RETRY_MS.first;
      member.listener.snapshot(snapshot, { epoch, truncated });
    });
  }

  private retry(member: Member, error: LiveError | undefined): void {
    if (error !== undefined) member.listener.refused?.(error);
    if (error !== undefined && FINAL.has(error.code)) return;
    member.timer = setTimeout(() => this.enter(member), member.delay);
    member.delay = Math.min(member.delay * 2, RETRY_MS.cap);
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
