import type { Candle } from "../domain/candle.js";
import { type TapeRecord, type Trade, isClock } from "../domain/trade.js";
import type { Item } from "./lanes.js";
import { readTrade, writeTrade } from "./trade-text.js";
import type { TopicName, TopicRecords } from "./topics.js";
import { type Defect, defectOf } from "./validity.js";

/** A dead letter shows this much of the record it is about. */
const PAYLOAD_CHARACTERS = 8_192;

/** What decides a record's partition, so that the records of one market stay in order. */
export function partitionKeyOf(
  topic: TopicName,
  record: TopicRecords[TopicName],
): string {
  return topic === "trades.dead"
    ? ((record as TopicRecords["trades.dead"]).key ?? "")
    : (record as { market: string }).market;
}

/** What a topic is compacted by: the candle, or the market whose feed it is. Elsewhere the market. */
export function keyOf(
  topic: TopicName,
  record: TopicRecords[TopicName],
): string {
  if (topic !== "candles") return partitionKeyOf(topic, record);
  const { market, interval, openTime } = record as Candle;
  return `${market}|${interval}|${openTime}`;
}

/** The market of a record's key: the key of a candle begins with it, and no market holds a bar. */
export function marketOfKey(key: string): string {
  const bar = key.indexOf("|");
  return bar < 0 ? key : key.slice(0, bar);
}

export function encode(
  topic: TopicName,
  record: TopicRecords[TopicName],
): string {
  return isTape(topic) && !isClock(record as TapeRecord)
    ? writeTrade(record as Trade)
    : JSON.stringify(record);
}

function isTape(topic: TopicName): topic is "trades" | "trades.bulk" {
  return topic === "trades" || topic === "trades.bulk";
}

/**
 * Puts the record that `value` holds into the item. Never throws: what cannot be read becomes an `Undecodable` beside the
 * others of its batch. `latest` as of `latestTime`. Hot.
 */
export function decode(
  topic: TopicName,
  item: Item,
  value: Buffer | null,
  latest: number,
): void {
  // Buffer.latin1Slice would be faster and wrong: symbols and ids may be any text.
  const text = value === null ? "" : value.toString();
  if (isTape(topic)) {
    const trade = readTrade(text, latest);
    if (trade !== undefined) {
      // One text for both while they wait: the key is the market.
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

/** Makes the item one that is delivered beside the good records, with its reason. */
export function refuse(item: Item, defect: Defect, text: string): void {
  const { partition, offset, key } = item;
  item.record = undefined;
  item.undecodable = {
    partition,
    offset,
    key,
    ...defect,
    payload: text.slice(0, PAYLOAD_CHARACTERS),
  };
}
