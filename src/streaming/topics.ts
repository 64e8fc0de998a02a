import type { Candle } from "../domain/candle.js";
import type { DeadLetter } from "../domain/dead-letter.js";
import type { FeedState } from "../domain/feed-state.js";
import type { TapeRecord } from "../domain/trade.js";

/**
 * What each topic holds: JSON objects, one a record. Names are without the configured prefix (`tapeline.`). The partition is
 * always that of the market (Kafka's murmur2), so that everything of one market is in order. At least once everywhere.
 */
export interface TopicRecords {
  /** What happens now. Key: market. A trade, or a clock record, which has the field `clock`. Kept 7 days. */
  trades: TapeRecord;
  /** History: replays, the simulator's first day. As `trades`, and handled after it. */
  "trades.bulk": TapeRecord;
  /** What changed, after it was committed. Key: `market|interval|openTime`, by which it is compacted; kept 7 days. A higher `version` wins. */
  candles: Candle;
  /** State of each market's feed, on change and every 5 s. Key: market, by which it is compacted. */
  feeds: FeedState;
  /** What could not be stored. Key and partition: those of the refused record's key. Kept 30 days. */
  "trades.dead": DeadLetter;
}

export type TopicName = keyof TopicRecords;
