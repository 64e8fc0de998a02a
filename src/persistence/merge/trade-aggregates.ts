import { SOURCE_BITS } from "../schema/revision-sources.js";
import { TRADE_TYPES } from "./write-batch.js";

/* Queries over trades, for statements that have them as `input` (all) and `inserted` (the new). */

export const COLUMNS = Object.keys(TRADE_TYPES).join(", ");

/** Base buckets with rows of `input`, and their newest exchange times. */
export const seen = (base: string): string => `
  SELECT market_id, time - time % ${base} AS bucket, max(time) AS newest, bool_or(NOT off_book) AS in_candle
  FROM input GROUP BY 1, 2`;

/**
 * Rows of `inserted` by base bucket. The arrays `first` and `last` order prices by (time, ord):
 * they give open and close.
 */
export const byBucket = (base: string): string => `
  SELECT market_id, time - time % ${base} AS bucket,
    min(ARRAY[time, ord, price]) AS first, max(ARRAY[time, ord, price]) AS last,
    max(price) AS high, min(price) AS low, sum(amount) AS volume, sum(price * amount) AS quote_volume,
    coalesce(sum(amount) FILTER (WHERE taker_side = 'buy'), 0) AS taker_buy_volume,
    coalesce(sum(price * amount) FILTER (WHERE taker_side = 'buy'), 0) AS taker_buy_quote_volume,
    sum(price * count) AS price_sum, sum(count) AS trades, min(ord) AS id_from, max(ord + count) AS id_to,
    bit_or(CASE source ${SOURCE_BITS} END) AS sources
  FROM inserted WHERE NOT off_book GROUP BY 1, 2`;

/** Rows of `inserted` by market. `tick` has the clocks before this batch. */
export const byMarket = (base: string): string => `
  SELECT i.market_id, sum(i.count)::bigint AS trades, count(*) AS rows, min(i.time) AS first, max(i.time) AS last,
    count(*) FILTER (WHERE i.time - i.time % ${base} + ${base} <= t.before) AS late,
    CASE WHEN t.dense THEN range_agg(int8range(i.ord, i.ord + i.count)) ELSE '{}' END AS ids
  FROM inserted i JOIN tick t ON t.market_id = i.market_id GROUP BY i.market_id, t.dense, t.before`;
