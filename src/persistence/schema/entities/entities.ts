import { BackfillEntity } from "./backfill.entity.js";
import { CandleDifferenceEntity } from "./candle-difference.entity.js";
import { CandleRevisionEntity } from "./candle-revision.entity.js";
import { CandleEntity } from "./candle.entity.js";
import { DeadLetterEntity } from "./dead-letter.entity.js";
import { FeedEntity } from "./feed.entity.js";
import { FollowedMarketEntity } from "./followed-market.entity.js";
import { InstrumentEntity } from "./instrument.entity.js";
import { MarketEntity } from "./market.entity.js";

/** Every entity; `entities.spec` compares each with the migrated table. */
export const ENTITIES = [
  BackfillEntity,
  CandleDifferenceEntity,
  CandleEntity,
  CandleRevisionEntity,
  DeadLetterEntity,
  FeedEntity,
  FollowedMarketEntity,
  InstrumentEntity,
  MarketEntity,
];
