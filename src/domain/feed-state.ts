import type { Market } from "./market.js";

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
  /** When this state was written; a state older than 15 s means that its process is gone. */
  at: number;
  /** What a person should know: the reason for `down`, "simulated data", … */
  detail: string | null;
  lastTradeAt: number | null;
  reconnects: number;
  /** Frames and trades that were not taken, since the process started. */
  refused: number;
}
