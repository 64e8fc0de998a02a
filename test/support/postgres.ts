import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddedPostgres } from "../../src/persistence/embedded/embedded-postgres.js";
import { processExists, runsPostgres } from "../../src/persistence/embedded/owner-lock.js";
import { atSuiteEnd } from "./suite-end.js";

/**
 * Set by global-setup.js: where the prepared data folder is, and the server that the suites share.
 */
export const RUN_FOLDER = "TAPELINE_TEST_RUN";
export const SERVER_URL = "TAPELINE_TEST_SERVER";

export interface TestPostgres {
  url: string;
  stop: () => Promise<void>;
  /** SIGKILL, like a crash of the database. It stays down until `restart`. */
  kill: () => Promise<void>;
  restart: () => Promise<void>;
}

/** URL of the server that all suites of this run share; no suite may kill it. */
export function sharedServerUrl(): string {
  const url = process.env[SERVER_URL];
  if (url === undefined)
    throw new Error("no shared PostgreSQL: this suite's Jest project has none");
  return url;
}

/**
 * A separate PostgreSQL server on a free port, for suites that kill it. If the tests have prepared
 * a data folder, it starts from a copy of it.
 */
export async function startPostgres(): Promise<TestPostgres> {
  const folder = prepareDataDir(runFolder("own-"));
  const port = await freePort();
  let server = new EmbeddedPostgres(folder, port, false);
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  atSuiteEnd(stop);
  const url = await server.start();
  return {
    url,
    stop,
    kill: async () => {
      const pid = Number(
        readFileSync(join(folder, "postgres", "postmaster.pid"), "utf8").split("\n")[0],
      );
      process.kill(pid, "SIGKILL");
      while (processExists(pid)) await sleep(20);
      // Its children notice within a moment, and hold the data folder until then.
      await sleep(200);
      await server.stop();
    },
    restart: async () => {
      server = new EmbeddedPostgres(folder, port, false);
      await server.start();
    },
  };
}

/**
 * A new folder that PostgreSQL's own account can enter; it goes with the suite, at the latest with
 * the run.
 */
export function runFolder(prefix: string): string {
  const parent = process.env[RUN_FOLDER] ?? tmpdir();
  const folder = mkdtempSync(join(parent, `tapeline-${prefix}`));
  // As root, PostgreSQL runs as another user, who needs access.
  chmodSync(folder, 0o755);
  atSuiteEnd(() => removeDataDir(folder));
  return folder;
}

/** With the server that a killed product has left running on it, if any. */
export function removeDataDir(folder: string): void {
  const data = join(folder, "postgres");
  const file = join(data, "postmaster.pid");
  if (existsSync(file)) {
    const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
    if (pid > 0 && runsPostgres(pid, data)) process.kill(pid, "SIGQUIT");
  }
  // Its processes may be writing their last files.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}

/**
 * Makes the DATA_DIR of a product that has been started before: what `initdb` made, and nothing
 * else.
 */
export function prepareDataDir(folder: string): string {
  const run = process.env[RUN_FOLDER];
  if (run !== undefined) copyFolder(join(run, "prepared"), folder);
  return folder;
}

/** Owners and modes too: PostgreSQL refuses a data folder that others can read. */
export function copyFolder(from: string, to: string): void {
  execFileSync("cp", ["-a", `${from}/.`, to]);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
