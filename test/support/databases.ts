import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { DataSource } from "typeorm";
import {
  dataSourceOptions,
  migrate,
  serverDatabase,
} from "../../src/persistence/schema/database.js";
import { SERVER_URL, sharedServerUrl } from "./postgres.js";
import { atSuiteEnd } from "./suite-end.js";

const MIGRATIONS = "src/persistence/schema/migrations";
/** Named by what it is made of: a server may outlive a change of a migration. */
const TEMPLATE = `tape_${digestOf(MIGRATIONS)}`;
/** Any constant: workers that need the template at the same time make it once. */
const TEMPLATE_LOCK = 1;

/**
 * URL of a new, empty database, by default on the server that all suites share, where it is dropped
 * after the suite.
 */
export async function createDatabase(
  serverUrl = sharedServerUrl(),
  template = "template1",
): Promise<string> {
  const name = `t_${randomBytes(6).toString("hex")}`;
  // Copying files is half the work of writing each page to the log as well.
  await asAdmin(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
  if (serverUrl === process.env[SERVER_URL])
    atSuiteEnd(() => asAdmin(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`));
  return databaseUrl(serverUrl, name);
}

function digestOf(folder: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) hash.update(readFileSync(join(folder, name)));
  return hash.digest("hex").slice(0, 16);
}

let template: Promise<void> | undefined;

/**
 * As `createDatabase`, with all migrations done: once for the run, since that takes longer than a
 * copy.
 */
export async function createTapeDatabase(): Promise<string> {
  const url = sharedServerUrl();
  await (template ??= makeTemplate(url));
  return createDatabase(url, TEMPLATE);
}

async function makeTemplate(serverUrl: string): Promise<void> {
  const admin = new pg.Client(serverUrl);
  await admin.connect();
  try {
    await admin.query("SELECT pg_advisory_lock($1)", [TEMPLATE_LOCK]);
    const { rowCount } = await admin.query("SELECT FROM pg_database WHERE datname = $1", [
      TEMPLATE,
    ]);
    if (rowCount !== 0) return;
    const unfinished = `${TEMPLATE}_${randomBytes(6).toString("hex")}`;
    await admin.query(`CREATE DATABASE ${unfinished}`);
    const database = serverDatabase(databaseUrl(serverUrl, unfinished));
    const source = await new DataSource(dataSourceOptions(database, 2)).initialize();
    try {
      await migrate(source, database);
    } finally {
      await source.destroy();
    }
    await admin.query(`ALTER DATABASE ${unfinished} RENAME TO ${TEMPLATE}`);
  } finally {
    await admin.end();
  }
}

async function asAdmin(serverUrl: string, sql: string): Promise<void> {
  const client = new pg.Client(serverUrl);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
