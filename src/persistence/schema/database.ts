import pg from "pg";
import { DataSource, type DataSourceOptions, MigrationExecutor, type QueryRunner } from "typeorm";
import type { Config } from "../../config/config.js";
import { TapelineError } from "../../domain/tapeline-error.js";
import { EmbeddedPostgres, READER } from "../embedded/embedded-postgres.js";
import { ADVISORY_LOCKS } from "./advisory-locks.js";
import { ENTITIES } from "./entities/entities.js";
import { Tape1763683200000 } from "./migrations/1-tape.js";
import { Gaps1764000000000 } from "./migrations/2-gaps.js";
import { Backfill1764100000000 } from "./migrations/3-backfill.js";
import { Revisions1764172800000 } from "./migrations/4-revisions.js";
import { Reconciliation1764259200000 } from "./migrations/5-reconciliation.js";
import { Ids1764345600000 } from "./migrations/6-ids.js";
import { Buckets1764374400000 } from "./migrations/7-buckets.js";
import { Instruments1764518400000 } from "./migrations/8-instruments.js";
import { FollowedMarkets1764604800000 } from "./migrations/9-followed-markets.js";
import { Clocks1764691200000 } from "./migrations/10-clocks.js";
import { StoredIntervals1764777600000 } from "./migrations/11-stored-intervals.js";
import { OffBookPrices1764864000000 } from "./migrations/12-off-book-prices.js";
import { IncompleteBackfills1764950400000 } from "./migrations/13-incomplete-backfills.js";
import { PoolClient } from "./pool-client.js";
import { checkSources } from "./revision-sources.js";

/** Injection token of the application's `Database`. */
export const DATABASE = Symbol("database");

/** A PostgreSQL that accepts connections. */
export interface Database {
  kind: "embedded" | "server";
  url: string;
  /**
   * URL of the read-only role for psql and BI tools; undefined on a server, whose administrator
   * manages roles.
   */
  readerUrl: string | undefined;
  readerPassword: string | undefined;
  /** Stops the embedded PostgreSQL if this process started it. Idempotent. */
  stop(): Promise<void>;
}

/** A server that Tapeline does not start or stop. */
export function serverDatabase(url: string): Database {
  return {
    kind: "server",
    url,
    readerUrl: undefined,
    readerPassword: undefined,
    stop: () => Promise.resolve(),
  };
}

/**
 * The configured server, or the embedded database.
 *
 * @param sharing if another living process runs the embedded database: `share` uses it too (reading
 * commands), `own` throws `in_use`
 */
export async function openDatabase(config: Config, sharing: "share" | "own"): Promise<Database> {
  if (config.databaseUrl !== undefined) return serverDatabase(config.databaseUrl);
  const embedded = new EmbeddedPostgres(config.dataDir, config.embeddedPort);
  const owner = embedded.livingOwner();
  if (owner !== undefined && sharing === "own") {
    throw new TapelineError(
      "in_use",
      `${config.dataDir} is in use by process ${owner}. Stop it first, use another DATA_DIR and EMBEDDED_PORT, or replay into the running server with "serve --replay FILE" at its start.`,
    );
  }
  const shared = owner !== undefined;
  const url = shared ? embedded.connectionUrl() : await embedded.start();
  return {
    kind: "embedded",
    url,
    readerUrl: embedded.readerUrl(),
    readerPassword: shared ? undefined : embedded.readerPassword(),
    stop: () => (shared ? Promise.resolve() : embedded.stop()),
  };
}

export function dataSourceOptions(database: Database, connections: number): DataSourceOptions {
  return {
    type: "postgres",
    url: database.url,
    entities: ENTITIES,
    migrations: [
      Tape1763683200000,
      Gaps1764000000000,
      Backfill1764100000000,
      Revisions1764172800000,
      Reconciliation1764259200000,
      Ids1764345600000,
      Buckets1764374400000,
      Instruments1764518400000,
      FollowedMarkets1764604800000,
      Clocks1764691200000,
      StoredIntervals1764777600000,
      OffBookPrices1764864000000,
      IncompleteBackfills1764950400000,
    ],
    migrationsTableName: "migration",
    synchronize: false,
    applicationName: "tapeline",
    extra: {
      Client: PoolClient,
      max: connections,
      connectionTimeoutMillis: 5_000,
      // No statement takes this long; a server that has stopped answering does.
      statement_timeout: 120_000,
      query_timeout: 125_000,
      options: "-c timezone=UTC -c jit=off",
    },
  };
}

/**
 * Migrates the schema; processes that start together do so one after the other. Returns the names
 * of the applied migrations.
 */
export async function migrate(source: DataSource, database: Database): Promise<string[]> {
  const runner = source.createQueryRunner();
  try {
    // Years of candles may have to be read, and other processes wait for the lock meanwhile.
    const client = (await runner.connect()) as PoolClient;
    return await client.withoutTimeout(() => migrateAlone(source, database, runner));
  } finally {
    await runner.release();
  }
}

async function migrateAlone(
  source: DataSource,
  database: Database,
  runner: QueryRunner,
): Promise<string[]> {
  await runner.query("SELECT pg_advisory_lock($1)", [ADVISORY_LOCKS.migration]);
  try {
    const migrations = new MigrationExecutor(source, runner);
    migrations.transaction = "each";
    const applied = await migrations.executePendingMigrations();
    await checkSources(source);
    if (database.readerPassword !== undefined) {
      // The statement takes no parameters.
      await runner.query(
        `ALTER ROLE ${READER} LOGIN PASSWORD ${pg.escapeLiteral(database.readerPassword)}`,
      );
    }
    return applied.map(({ name }) => name);
  } finally {
    await runner.query("SELECT pg_advisory_unlock($1)", [ADVISORY_LOCKS.migration]);
  }
}
