import { DataSource } from "typeorm";
import type { Config } from "../config/config.js";
import { EmbeddedPostgres } from "./embedded/embedded-postgres.js";
import {
  type Database,
  dataSourceOptions,
  openDatabase,
} from "./schema/database.js";

const CONNECTIONS = 2;

/** Work of a command that needs no application: a running server may use the database at the same time. */
export async function withDatabase<T>(
  config: Config,
  work: (source: DataSource, database: Database) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(config, "share");
  try {
    const source = await new DataSource(
      dataSourceOptions(database, CONNECTIONS),
    ).initialize();
    try {
      return await work(source, database);
    } finally {
      await source.destroy();
    }
  } finally {
    await database.stop();
  }
}

/** Whether a living process runs the embedded database. Of a server's, nobody can say who works on it. */
export function hasRunningServer(config: Config): boolean {
  return (
    config.databaseUrl === undefined &&
    new EmbeddedPostgres(config.dataDir, config.embeddedPort).livingOwner() !==
      undefined
  );
}
