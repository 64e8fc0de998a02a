import type { Abstract, Type } from "@nestjs/common";
import type { Config } from "../config/config.js";

/** A running application, as a command sees it. */
export interface Launched {
  /** A provider of any of its modules. */
  get<T>(provider: Type<T> | Abstract<T>): T;
  /** Where to find it, printed for the user who started it. */
  banner: string;
  /** Shuts down in order. Every call returns the same promise. */
  stop(): Promise<void>;
}

/** Starts the application for a command: no context depends on how it is composed. */
export abstract class Launcher {
  abstract launch(config: Config): Promise<Launched>;
}

/**
 * Neither live feeds nor a server: only the recorder, if this process has it, and a log of
 * warnings.
 */
export function recordingOnly(configured: Config): Config {
  const { logLevel, roles } = configured;
  return {
    ...configured,
    feeds: [],
    feedsExplicit: true,
    port: 0,
    roles: roles.has("recorder") ? new Set(["ingestion", "recorder"]) : new Set(["ingestion"]),
    logLevel: logLevel === "log" ? "warn" : logLevel,
  };
}
