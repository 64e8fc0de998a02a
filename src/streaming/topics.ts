import type { Candle } from "../domain/candle.js";
import type { FeedState } from "../domain/feed-state.js";
import type { TapeRecord } from "../domain/trade.js";

/** A record that was refused for good, with where it came from. */
export interface DeadLetter {
  /** Stable code: `undecodable`, a `Fault` code, `id_conflict`, `kind_mismatch`, `refused_by_database`, … */
  reason: string;
  detail: string;
  topic: string;
  partition: number;
  offset: string;
  key: string | null;
  /** The record as text, cut at 8,192 characters. */
  payload: string;
  /** Epoch ms. */
  at: number;
}

/** What each topic holds. Names are without the configured prefix (`tapeline.`). */
export interface TopicRecords {
  trades: TapeRecord;
  "trades.bulk": TapeRecord;
  candles: Candle;
  feeds: FeedState;
  "trades.dead": DeadLetter;
}

export type TopicName = keyof TopicRecords;
