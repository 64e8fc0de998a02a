import type { Candle } from "../domain/candle.js";
import { MAX_PAYLOAD_CHARACTERS } from "../domain/dead-letter.js";
import type { Item } from "./lanes.js";
import { readTrade, writeTrade } from "./trade-text.js";
import type { TopicInput, TopicName, TopicRecords } from "./topics.js";
import { type Defect, defectOf } from "./validity.js";

/** The key that decides a record's partition: the market, so that its records stay in order. */
export function partitionKeyOf(topic: TopicName, record: TopicInput[TopicName]): string {
  return topic === "trades.dead"
    ? ((record as TopicInput["trades.dead"]).key ?? "")
    : (record as { market: string }).market;
}

/** A record's key, by which topics are compacted: the candle in `candles`, the market elsewhere. */
export function keyOf(topic: TopicName, record: TopicInput[TopicName]): string {
  if (topic !== "candles") return partitionKeyOf(topic, record);
  const { market, interval, openTime } = record as Candle;
  return `${market}|${interval}|${openTime}`;
}

/** The market of a record's key: a candle's key begins with it, and no market contains `|`. */
export function marketOfKey(key: string): string {
  const bar = key.indexOf("|");
  return bar < 0 ? key : key.slice(0, bar);
}

export function encode(topic: TopicName, record: TopicInput[TopicName]): string {
  return isTape(topic) && "price" in record ? writeTrade(record) : JSON.stringify(record);
}

function isTape(topic: TopicName): topic is "trades" | "trades.bulk" {
  return topic === "trades" || topic === "trades.bulk";
}

/**
 * Decodes `value` into the item. Never throws: an unreadable value becomes an `Undecodable` next to
 * the batch's records. `latest` as returned by `latestTime`. Hot.
 */
export function decode(topic: TopicName, item: Item, value: Buffer | null, latest: number): void {
  // Buffer.latin1Slice would be faster but wrong: symbols and ids may be any text.
  const text = value === null ? "" : value.toString();
  if (isTape(topic)) {
    const trade = readTrade(text, latest);
    if (trade !== undefined) {
      // The key is the market: keep one string for both.
      if (item.key === trade.market) trade.market = item.key;
      item.record = trade;
      return;
    }
  }
  let defect: Defect | undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    defect = defectOf(topic, parsed, latest);
    if (defect === undefined) {
      item.record = parsed as TopicRecords[TopicName];
      return;
    }
  } catch (error) {
    defect = {
      reason: "undecodable",
      detail: `the value must be JSON: ${(error as Error).message}`,
    };
  }
  refuse(item, defect, text);
}

/** Marks the item as undecodable: it is delivered next to the good records, with the reason. */
export function refuse(item: Item, defect: Defect, text: string): void {
  const { partition, offset, key } = item;
  item.record = undefined;
  item.undecodable = {
    partition,
    offset,
    key,
    reason: defect.reason,
    detail: defect.detail,
    payload: (defect.payload ?? text).slice(0, MAX_PAYLOAD_CHARACTERS),
  };
}
