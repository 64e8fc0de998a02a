import { DAY_MS } from "../../src/domain/units.js";
import { timeText, zoneOffset } from "../frame/time-text.js";

/** As text of a `datetime-local` field: "2026-11-24T13:05". */
export function fieldTime(time: number, zone: string): string {
  return timeText(time, zone, "dayMinute").replace(/,? /, "T");
}

/**
 * Epoch ms of a field's text in the zone; undefined when it is not a time. An hour that comes twice
 * is the first.
 */
export function timeOfField(text: string, zone: string): number | undefined {
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  // The offset depends on the result: the one before a clock change is tried first.
  const guess = asUtc - zoneOffset(asUtc - DAY_MS, zone);
  if (guess + zoneOffset(guess, zone) === asUtc) return guess;
  return asUtc - zoneOffset(asUtc + DAY_MS, zone);
}
