import type { Reader } from "../../config/environment-reader.js";
import { DAY_MS } from "../../domain/units.js";

/** Ms. */
export interface ReconciliationSettings {
  /** How far back candles are compared with the venues' own; undefined means not at all. */
  back: number | undefined;
  /** From the end of a candle to its comparison. */
  after: number;
}

export function reconciliationSettings(read: Reader): ReconciliationSettings {
  return {
    back: read.duration("RECONCILE", 7 * DAY_MS),
    after: read.wait("RECONCILE_AFTER", 180_000),
  };
}
