import type { Item } from "./lanes.js";
import type { TopicName, TopicRecords } from "./topics.js";
import type { Candle } from "../domain/candle.js";
import { defectOf } from "./validity.js";

/** A dead letter shows this much of the record it is about. */
export const PAYLOAD_CHARACTERS = 8_192;

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

export function encode(record: TopicRecords[TopicName]): string {
  return JSON.stringify(record);
}

/** Never throws: what cannot be read becomes an `Undecodable` beside the others of its batch. */
export function decode(
  topic: TopicName,
  message: { key: Buffer | null; value: Buffer | null; offset: string },
  partition: number,
): Item {
  const origin = {
    partition,
    offset: message.offset,
    key: message.key?.toString() ?? null,
  };
  let record: unknown;
  let defect: { reason: string; detail: string } | undefined;
  try {
    // Buffer.latin1Slice would be faster and wrong: symbols and ids may be any text.
    record = JSON.parse(message.value?.toString() ?? "");
    defect = defectOf(topic, record);
  } catch (error) {
    defect = {
      reason: "undecodable",
      detail: `the value must be JSON: ${(error as Error).message}`,
    };
  }
  if (defect === undefined)
    return {
      topic,
      origin,
      record: record as TopicRecords[TopicName],
      undecodable: undefined,
    };
  const payload = (message.value?.toString() ?? "").slice(
    0,
    PAYLOAD_CHARACTERS,
  );
  return {
    topic,
    origin,
    record: undefined,
    undecodable: { ...origin, ...defect, payload },
  };
}
