import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddedPostgres } from "../../src/persistence/embedded-postgres.js";
import { processExists } from "../../src/persistence/owner-lock.js";

export interface TestPostgres {
  url: string;
  stop: () => Promise<void>;
  /** SIGKILL: what a crash of the machine's database looks like. It stays down until `restart`. */
  kill: () => Promise<void>;
  restart: () => Promise<void>;
}

/** A throw-away PostgreSQL server of its own on a free port. */
export async function startPostgres(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "tapeline-pg-"));
  // Run by root, PostgreSQL runs as another user, who has to get in.
  chmodSync(folder, 0o755);
  const port = await freePort();
  let server = new EmbeddedPostgres(folder, port, false);
  const url = await server.start();
  return {
    url,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
    kill: async () => {
      const pid = Number(
        readFileSync(join(folder, "postgres", "postmaster.pid"), "utf8").split(
          "\n",
        )[0],
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

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
