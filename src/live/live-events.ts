import type { Candle } from "../domain/candle.js";
import type { Interval } from "../domain/interval.js";
import type { Market } from "../domain/market.js";
import type { Trade } from "../domain/trade.js";
import type { Ticker } from "./ticker.js";

/** What can be subscribed to; also names a room in `resync`. */
export type Channel =
  | { channel: "candles"; market: Market; interval: Interval }
  | { channel: "trades"; market: Market }
  | { channel: "tickers" };

/**
 * `since` (candles only): the oldest `openTime` you hold and want kept up to date, epoch ms. The
 * snapshot then holds every candle from there on, at most the newest 1,000 (`truncated` if there
 * are more); without it, the newest 500.
 */
export type SubscribeRequest = Channel & { since?: number };

/**
 * Position of a frame in its room: `seq` rises by one per frame, `epoch` changes with the server's
 * process.
 */
export interface Place {
  epoch: string;
  seq: number;
}

export interface LiveError {
  /** Stable. `too_slow` and `unavailable` can be retried; `not_built` where its detail says so. */
  code:
    | "bad_request"
    | "unknown_channel"
    | "unknown_market"
    | "unknown_interval"
    | "too_many_subscriptions"
    | "too_many_requests"
    | "too_slow"
    | "not_built"
    | "unavailable";
  detail: string;
}

export type ErrorReply = { ok: false; error: LiveError };

/**
 * The client joins the room before the snapshot is read: frames may arrive before this answer, and
 * must be applied. The next frame after it has the number `seq` + 1; another number, or another
 * `epoch`, means that frames were missed: subscribe again with `since`. In any order, ignore a
 * candle whose `version` is not above the one you have, and a trade whose `id` you have.
 */
export type Subscribed<S> = Place & {
  ok: true;
  snapshot: S[];
  /** True when `since` reached further back than the snapshot does: read the rest over REST. */
  truncated: boolean;
};

export type SubscribeReply = Subscribed<Candle | Trade | Ticker> | ErrorReply;
export type UnsubscribeReply = { ok: true } | ErrorReply;

export interface CandlesFrame extends Place {
  market: Market;
  interval: Interval;
  /** Of open candles the newest state; of closed ones every version. */
  candles: Candle[];
}

/** At least once: de-duplicate by `id`. */
export interface TradesFrame extends Place {
  market: Market;
  trades: Trade[];
}

/** The markets that changed. */
export interface TickersFrame extends Place {
  tickers: Ticker[];
}

/**
 * You were too slow and have missed frames of these rooms, which you have left: subscribe again.
 */
interface Resync {
  rooms: Channel[];
}

/** Client → server; both answer with an acknowledgement. */
export interface ClientEvents {
  subscribe: (request: SubscribeRequest, reply: (reply: SubscribeReply) => void) => void;
  unsubscribe: (channel: Channel, reply: (reply: UnsubscribeReply) => void) => void;
}

/** Server → client. */
export interface ServerEvents {
  candles: (frame: CandlesFrame) => void;
  trades: (frame: TradesFrame) => void;
  tickers: (frame: TickersFrame) => void;
  resync: (resync: Resync) => void;
}
