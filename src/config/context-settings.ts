import { simulatorSettings } from "../ingestion/simulator/settings.js";
import { reconciliationSettings } from "../recovery/reconciliation/settings.js";
import type { Reader } from "./environment-reader.js";

export type ContextSettings = ReturnType<typeof contextSettings>;

/**
 * What contexts bring to the configuration: each its `settings.ts`, which knows nothing but the reader. A reader collects what
 * is wrong, so that one error names the bad variables of all.
 */
export function contextSettings(read: Reader) {
  return {
    simulator: simulatorSettings(read),
    reconcile: reconciliationSettings(read),
  };
}
