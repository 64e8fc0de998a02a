import { randomBytes } from "node:crypto";
import pg from "pg";
import { DataSource } from "typeorm";
import {
  dataSourceOptions,
  migrate,
  serverDatabase,
} from "../../src/persistence/schema/database.js";
import { Broker } from "../../test/support/broker.js";
import { type TestPostgres, startPostgres } from "../../test/support/postgres.js";

/** A separate database for one run. */
export interface BenchDatabase {
  url: string;
  source: DataSource;
  /** Drops it, so that the next run does not share its disk and its vacuum. */
  close(): Promise<void>;
}

/** The broker and the PostgreSQL of a whole session, started on first use. */
export class Servers {
  private readonly brokers: Promise<Broker>[] = [];
  private readonly databases: Promise<TestPostgres>[] = [];

  async broker(): Promise<Broker> {
    this.brokers[0] ??= Broker.start();
    return this.brokers[0];
  }

  async postgresUrl(): Promise<string> {
    this.databases[0] ??= startPostgres();
    return (await this.databases[0]).url;
  }

  /** Empty except for Tapeline's tables. */
  async database(connections = 4): Promise<BenchDatabase> {
    const server = await this.postgresUrl();
    const name = `bench_${randomBytes(4).toString("hex")}`;
    await once(server, `CREATE DATABASE ${name}`);
    const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
    const database = serverDatabase(url);
    const source = await new DataSource(dataSourceOptions(database, connections)).initialize();
    await migrate(source, database);
    return {
      url,
      source,
      close: async () => {
        await source.destroy();
        await once(server, `DROP DATABASE ${name} WITH (FORCE)`);
        await once(server, "CHECKPOINT");
      },
    };
  }

  async close(): Promise<void> {
    for (const broker of this.brokers) await (await broker).stop();
    for (const database of this.databases) await (await database).stop();
  }
}

async function once(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
