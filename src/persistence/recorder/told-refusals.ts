import type { RefusedRecord } from "./recorder.js";

/** A whole file may contradict what is stored: so many of a batch become dead letters. */
export const MAX_CONTRADICTIONS = 100;

/** Without the contradictions beyond `MAX_CONTRADICTIONS`. */
export function toldRefusals(refusals: readonly RefusedRecord[]): readonly RefusedRecord[] {
  let contradictions = 0;
  return refusals.filter(
    ({ reason }) => reason !== "content_conflict" || ++contradictions <= MAX_CONTRADICTIONS,
  );
}
