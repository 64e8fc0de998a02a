import { DataSource } from "typeorm";
import type { Config } from "../config/config.js";
import { EmbeddedPostgres } from "./embedded/embedded-postgres.js";
import { type Database, dataSourceOptions, openDatabase } from "./schema/database.js";

const MAX_CONNECTIONS = 2;

/**
 * Runs a command's work on the database without the application; a running server may use it at the
 * same time.
 */
export async function withDatabase<T>(
  config: Config,
  work: (source: DataSource, database: Database) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(config, "share");
  try {
    const source = await new DataSource(dataSourceOptions(database, MAX_CONNECTIONS)).initialize();
    try {
      return await work(source, database);
    } finally {
      await source.destroy();
    }
  } finally {
    await database.stop();
  }
}

/**
 * Whether a living process runs the embedded database; false with a database server, whose users
 * are unknown.
 */
export function hasRunningServer(config: Config): boolean {
  return (
    config.databaseUrl === undefined &&
    new EmbeddedPostgres(config.dataDir, config.embeddedPort).livingOwner() !== undefined
  );
}
