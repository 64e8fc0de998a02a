import type { Abstract, Type } from "@nestjs/common";
import type { Config } from "../config/config.js";

/** A running application, as a command sees it. */
export interface Launched {
  /** A provider of any of its modules. */
  get<T>(provider: Type<T> | Abstract<T>): T;
  /** Where to look, for whoever started it. */
  banner: string;
  /** Ends in order, and is the same end for all who ask. */
  stop(): Promise<void>;
}

/** Starts the application for a command, so that no context has to know what it is put together from. */
export abstract class Launcher {
  abstract launch(config: Config): Promise<Launched>;
}

/** Nobody asked for live feeds or a server: only what records, and a log of what is wrong. */
export function recordingOnly(configured: Config): Config {
  const { logLevel, roles } = configured;
  return {
    ...configured,
    feeds: [],
    feedsExplicit: true,
    port: 0,
    roles: roles.has("recorder")
      ? new Set(["ingestion", "recorder"])
      : new Set(["ingestion"]),
    logLevel: logLevel === "log" ? "warn" : logLevel,
  };
}
