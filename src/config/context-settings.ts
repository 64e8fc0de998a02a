import { simulatorSettings } from "../ingestion/simulator/settings.js";
import { reconciliationSettings } from "../recovery/reconciliation/settings.js";
import type { Reader } from "./environment-reader.js";

export type ContextSettings = ReturnType<typeof contextSettings>;

/**
 * The settings of each context, from its `settings.ts`, which depends on the reader only. The
 * reader collects problems, so that one error names every bad variable.
 */
export function contextSettings(read: Reader) {
  return {
    simulator: simulatorSettings(read),
    reconcile: reconciliationSettings(read),
  };
}
