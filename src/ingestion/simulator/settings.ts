import type { Reader } from "../../config/environment-reader.js";
import { DAY_MS } from "../../domain/units.js";
import type { SimulatorOptions } from "./simulator.js";

export interface SimulatorSettings extends SimulatorOptions {
  /** Ms of history that a market starts with. */
  historyMs: number;
}

export function simulatorSettings(read: Reader): SimulatorSettings {
  return {
    seed: read.integer("SIM_SEED", 1, 0, 2 ** 31),
    rate: read.decimal("SIM_RATE", 0.5, 0.01, 10_000),
    late: read.decimal("SIM_LATE", 0, 0, 1),
    duplicate: read.decimal("SIM_DUPLICATE", 0, 0, 1),
    disorder: read.decimal("SIM_DISORDER", 0, 0, 1),
    missing: read.decimal("SIM_MISSING", 0, 0, 1),
    historyMs: read.duration("SIM_HISTORY") ?? DAY_MS,
  };
}
