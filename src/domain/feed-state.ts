import type { Market } from "./market.js";
import { DAY_MS } from "./units.js";

/**
 * - `connecting`: no data yet, or between two connections
 * - `live`: trades flow
 * - `quiet`: connected and answering, the market itself has no trades
 * - `stale`: this symbol gets nothing although it should; being resubscribed
 * - `down`: cannot be reached; retried with backoff
 * - `stopped`: this process no longer follows it
 */
export type FeedCondition =
  "connecting" | "live" | "quiet" | "stale" | "down" | "stopped";

/** State of one market's feed, as topic `feeds` and table `feed` hold it. Times are epoch ms of the ingesting machine. */
export interface FeedState {
  market: Market;
  condition: FeedCondition;
  /** When `condition` last changed. */
  since: number;
  /** When this state was written; a state older than `FEED_SILENCE_MS` means that its process is gone. */
  at: number;
  /** What a person should know: the reason for `down`, "simulated data", … */
  detail: string | null;
  /** Part (0–1) of the history that a market starts with which is made; null when none is being made. */
  history: number | null;
  lastTradeAt: number | null;
  reconnects: number;
  /** Frames and trades that were not taken, since the process started. */
  refused: number;
}

/** An ingesting process tells each feed's state every 5 s: after so long without a word it is gone. */
export const FEED_SILENCE_MS = 15_000;

/** A process that has said nothing of a feed for so long was killed, and nobody follows that market any more. */
const FORGOTTEN_MS = DAY_MS;

/** The state as it reads at `now` (epoch ms): without word for a day it is `stopped`. */
export function stateAt(state: FeedState, now: number): FeedState {
  if (state.condition === "stopped" || now - state.at <= FORGOTTEN_MS)
    return state;
  const detail = "its process ended without a word, more than a day ago";
  return { ...state, condition: "stopped", detail };
}
