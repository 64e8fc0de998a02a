import { DAY_MS } from "../../src/domain/units.js";
import { timeText, zoneOffset } from "../frame/time-text.js";

/** As a `datetime-local` field has it: "2026-11-24T13:05". */
export function fieldTime(time: number, zone: string): string {
  return timeText(time, zone, "dayMinute").replace(/,? /, "T");
}

/** Epoch ms of a field's text in the zone; undefined when it is not a time. An hour that comes twice is the first. */
export function timeOfField(text: string, zone: string): number | undefined {
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  // The offset belongs to the time that is sought: that before a change of clocks is tried first.
  const guess = asUtc - zoneOffset(asUtc - DAY_MS, zone);
  if (guess + zoneOffset(guess, zone) === asUtc) return guess;
  return asUtc - zoneOffset(asUtc + DAY_MS, zone);
}
