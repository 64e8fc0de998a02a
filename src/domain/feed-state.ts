import type { Market } from "./market.js";
import { DAY_MS } from "./units.js";

/**
 * - `connecting`: no data yet, or between two connections
 * - `live`: trades flow
 * - `quiet`: connected and answering; the market itself has no trades
 * - `stale`: connected, but this symbol's trades do not arrive; being resubscribed
 * - `down`: cannot be reached; retried with backoff
 * - `stopped`: this process no longer follows it
 */
export type FeedCondition = "connecting" | "live" | "quiet" | "stale" | "down" | "stopped";

/**
 * State of one market's feed, as topic `feeds` and table `feed` hold it. Times are epoch ms of the
 * ingesting machine.
 */
export interface FeedState {
  market: Market;
  condition: FeedCondition;
  /** When `condition` last changed. */
  since: number;
  /**
   * When this state was written; a state older than `FEED_SILENCE_MS` means that its process is
   * gone.
   */
  at: number;
  /** For a person: the reason for `down`, "simulated data", … */
  detail: string | null;
  /** Part (0–1) of the initial history that is loaded; null while none is being loaded. */
  history: number | null;
  lastTradeAt: number | null;
  reconnects: number;
  /** Frames and trades refused since the process started. */
  refused: number;
  /** The venue's clock; null where it has none of its own. */
  clock: VenueClockState | null;
}

/** A venue's clock as the ingesting process sees it. */
export interface VenueClockState {
  /** It minus the machine's clock, ms; above 0 when the machine's is slow. Null: not known yet. */
  skewMs: number | null;
  /** How often it has gone ahead by more than 2 s at once, confirmed by a second message. */
  jumps: number;
  /** Messages that were further ahead of it than that when they came. */
  doubted: number;
}

/**
 * An ingesting process reports each feed's state every 5 s: without a report for this long it is
 * gone.
 */
export const FEED_SILENCE_MS = 15_000;

/**
 * Without a report for this long, the process was killed and no other process follows the market.
 */
const FORGOTTEN_MS = DAY_MS;

/**
 * The state as of `now` (epoch ms): without a report for a day it is `stopped`. One of an earlier
 * version has no clock.
 */
export function stateAt(stored: FeedState, now: number): FeedState {
  const state = { ...stored, clock: (stored.clock as FeedState["clock"] | undefined) ?? null };
  if (state.condition === "stopped" || now - state.at <= FORGOTTEN_MS) return state;
  const detail = "its process stopped reporting more than a day ago";
  return { ...state, condition: "stopped", detail };
}

/**
 * Whether `state` was written after `other`: by the venue's clock where both know it, since that of
 * the machine may have been set back between them.
 */
export function isLater(state: FeedState, other: FeedState): boolean {
  const [skew, otherSkew] = [state.clock?.skewMs, other.clock?.skewMs];
  const isKnown = typeof skew === "number" && typeof otherSkew === "number";
  return isKnown ? state.at + skew > other.at + otherSkew : state.at > other.at;
}
