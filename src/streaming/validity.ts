import {
  type TapeRecord,
  clockFaultOf,
  faultOf,
  isClock,
} from "../domain/trade.js";
import type { TopicName } from "./topics.js";

/**
 * How far ahead of this machine's clock a record's exchange time may be when it is read from a topic. The venue's own
 * clock was checked at decode to a minute; here only nonsense is to be stopped, and a machine whose clock is hours slow
 * must not refuse real trades.
 */
const AHEAD_MS = 86_400_000;

export interface Defect {
  reason: string;
  detail: string;
}

/** Why a decoded value cannot be delivered, or undefined. Both transports ask the same. */
export function defectOf(topic: TopicName, value: unknown): Defect | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { reason: "undecodable", detail: "the value must be a JSON object" };
  if (topic !== "trades" && topic !== "trades.bulk") {
    const { market } = value as { market?: unknown };
    return topic === "trades.dead" || typeof market === "string"
      ? undefined
      : { reason: "undecodable", detail: "market must be text" };
  }
  const record = value as TapeRecord;
  const latest = Date.now() + AHEAD_MS;
  const fault = isClock(record)
    ? clockFaultOf(record, latest)
    : faultOf(record, latest);
  return fault === undefined
    ? undefined
    : { reason: fault.code, detail: fault.detail };
}
