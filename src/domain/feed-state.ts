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

/** The state as of `now` (epoch ms): without a report for a day it is `stopped`. */
export function stateAt(state: FeedState, now: number): FeedState {
  if (state.condition === "stopped" || now - state.at <= FORGOTTEN_MS) return state;
  const detail = "its process stopped reporting more than a day ago";
  return { ...state, condition: "stopped", detail };
}
