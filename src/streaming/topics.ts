import type { Candle } from "../domain/candle.js";
import type { DeadLetter } from "../domain/dead-letter.js";
import type { FeedState } from "../domain/feed-state.js";
import type { Refusal, TapeRecord } from "../domain/trade.js";

/**
 * The records of each topic: JSON objects, one a record. Names are without the configured prefix
 * (`tapeline.`). The partition is always that of the market (Kafka's murmur2), so that its records
 * are in order. Delivery is at least once.
 */
export interface TopicRecords {
  /** Live trades and clock records, which have the field `clock`. Key: market. Kept 7 days. */
  trades: TapeRecord;
  /** History: replays, the simulator's first day. As `trades`, and handled after it. */
  "trades.bulk": TapeRecord;
  /**
   * Changed candles, after their commit. Key: `market|interval|openTime`, by which it is compacted;
   * kept 7 days. The highest `version` is valid.
   */
  candles: Candle;
  /**
   * State of each market's feed, on change and every 5 s. Key: market, by which it is compacted.
   */
  feeds: FeedState;
  /**
   * Records that could not be stored. Key and partition: those of the refused record. Kept 30 days.
   */
  "trades.dead": DeadLetter;
}

export type TopicName = keyof TopicRecords;

/** What is written to each topic: its records, and what a feed has refused, which no handler gets. */
export type TopicInput = Omit<TopicRecords, "trades"> & { trades: TapeRecord | Refusal };
