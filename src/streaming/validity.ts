import { isInterval } from "../domain/interval.js";
import { parseMarket } from "../domain/market.js";
import { type Refusal, type TapeRecord, clockFaultOf, faultOf } from "../domain/trade.js";
import { DAY_MS, HOUR_MS } from "../domain/units.js";
import type { TopicName } from "./topics.js";

/**
 * How far ahead of the clock a record's exchange time may be when it is read from a topic. At
 * decode it was checked against the venue's clock to a minute; here only nonsense (a trade from
 * 2100, which would close every candle) is refused.
 */
const MAX_RECORD_AHEAD_MS = DAY_MS;
/** The same for a clock record, which closes candles: this machine's clock may be an hour slow. */
const MAX_CLOCK_AHEAD_MS = 2 * HOUR_MS;

const REASON = /^[a-z_]{1,40}$/;

type Fields = readonly (readonly [string, (field: unknown) => boolean])[];

const isText = (field: unknown): boolean => typeof field === "string";

/**
 * Fields without which a reader would fail. No more is checked: only Tapeline writes these topics.
 */
const FIELDS: Record<"candles" | "feeds" | "trades.dead", Fields> = {
  candles: [
    ["market", isMarket],
    ["interval", (field) => typeof field === "string" && isInterval(field)],
    ["openTime", Number.isSafeInteger],
    ["close", isText],
    ["closed", (field) => typeof field === "boolean"],
    ["version", Number.isSafeInteger],
  ],
  feeds: [
    ["market", isMarket],
    ["condition", isText],
    ["at", Number.isSafeInteger],
  ],
  "trades.dead": [["reason", isText]],
};

export interface Defect {
  reason: string;
  detail: string;
  /** Of the dead letter, where that is not the value itself. */
  payload?: string;
}

/**
 * The newest plausible exchange time, epoch ms. `written` is when the record was written, by the
 * broker's or the producer's clock: the later of it and our clock counts, so that a reader whose
 * clock is days slow refuses no real trade. A producer cannot use that to write nonsense: brokers
 * refuse timestamps far ahead of their own clock.
 */
export function latestTime(written = 0): number {
  return Math.max(Date.now(), written) + MAX_RECORD_AHEAD_MS;
}

/** Why a value cannot be delivered, or undefined. Both transports use it. */
export function defectOf(topic: TopicName, value: unknown, latest: number): Defect | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return undecodable("the value must be a JSON object");
  switch (topic) {
    case "trades":
    case "trades.bulk":
      return tapeDefect(value as TapeRecord | Refusal, latest);
    case "candles":
    case "feeds":
    case "trades.dead":
      return fieldDefect(value, FIELDS[topic]);
  }
}

function tapeDefect(record: TapeRecord | Refusal, latest: number): Defect | undefined {
  if (isRefusal(record)) return refusalOf(record);
  const fault =
    (record as { clock?: unknown }).clock === undefined
      ? faultOf(record as Parameters<typeof faultOf>[0], latest)
      : clockFaultOf(
          record as Parameters<typeof clockFaultOf>[0],
          latest - MAX_RECORD_AHEAD_MS + MAX_CLOCK_AHEAD_MS,
        );
  return fault === undefined ? undefined : { reason: fault.code, detail: fault.detail };
}

function isRefusal(record: object): record is Refusal {
  return "refused" in record && !("price" in record) && !("clock" in record);
}

/** A feed has refused it: the reason is its own. It becomes a label of a metric, hence a code. */
function refusalOf({ refused, detail, text }: Refusal): Defect {
  return isText(refused) && REASON.test(refused) && isText(detail) && isText(text)
    ? { reason: refused, detail, payload: text }
    : undecodable(`refused must match ${REASON}, detail and text must be text`);
}

function fieldDefect(value: object, fields: Fields): Defect | undefined {
  for (const [name, holds] of fields) {
    const field = (value as Record<string, unknown>)[name];
    if (!holds(field))
      return undecodable(`${name} is missing or of another kind (${typeof field})`);
  }
  return undefined;
}

function isMarket(field: unknown): boolean {
  return typeof field === "string" && parseMarket(field) !== undefined;
}

function undecodable(detail: string): Defect {
  return { reason: "undecodable", detail };
}
