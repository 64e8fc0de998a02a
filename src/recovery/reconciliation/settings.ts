import type { Reader } from "../../config/environment-reader.js";
import { DAY_MS } from "../../domain/units.js";

/** Ms: how far back candles are compared with the venues' own (undefined: not at all), and how long after they closed. */
export interface ReconciliationSettings {
  back: number | undefined;
  after: number;
}

export function reconciliationSettings(read: Reader): ReconciliationSettings {
  return {
    back: read.duration("RECONCILE", 7 * DAY_MS),
    after: read.wait("RECONCILE_AFTER", 180_000),
  };
}
