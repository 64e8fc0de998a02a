import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ADMIN, asAccount, initialise } from "../../src/persistence/embedded/initdb.js";
import {
  findBinaries,
  unprivilegedAccount,
} from "../../src/persistence/embedded/postgres-binaries.js";
import { RUN_FOLDER, SERVER_URL, copyFolder, freePort, removeDataDir } from "./postgres.js";

/** A kill of the server loses nothing without these; only a crash of the machine would. */
const NO_SYNC = "\nfsync = off\nfull_page_writes = off\n";

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: 300,
  shared_buffers: "256MB",
  // As the product starts its own, except for what only a machine that crashes would miss.
  max_locks_per_transaction: 1024,
  max_wal_size: "2GB",
  checkpoint_timeout: "15min",
  jit: "off",
  // Each new database is one.
  log_checkpoints: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  // No suite kills this server, so commits need not be flushed to disk.
  synchronous_commit: "off",
};

/**
 * What one run of the tests has: a prepared data folder, a server, and a place for servers of
 * suites.
 */
export class SharedServer {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly log: string,
  ) {}

  static async start(): Promise<SharedServer> {
    const folder = mkdtempSync(join(tmpdir(), "tapeline-run-"));
    // As root, PostgreSQL runs as another user, who needs access.
    chmodSync(folder, 0o755);
    const prepared = join(folder, "prepared");
    const own = join(folder, "shared");
    const account = unprivilegedAccount();
    const binaries = findBinaries();
    for (const made of [prepared, own]) mkdirSync(made);
    const data = join(prepared, "postgres");
    const passwords = await initialise(prepared, data, binaries, account);
    appendFileSync(join(data, "postgresql.conf"), NO_SYNC);
    copyFolder(prepared, own);
    const port = await freePort();
    const settings = Object.entries({ port, ...SETTINGS });
    const log = join(folder, "postgres.log");
    const output = openSync(log, "a");
    // Of this process group: Ctrl-C ends it as well.
    const child = spawn(
      binaries.postgres,
      [
        "-D",
        join(own, "postgres"),
        ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      { ...asAccount(account), cwd: "/", stdio: ["ignore", output, output] },
    );
    closeSync(output);
    // Workers inherit both.
    process.env[RUN_FOLDER] = folder;
    process.env[SERVER_URL] = `postgres://${ADMIN}:${passwords?.admin}@127.0.0.1:${port}/postgres`;
    const server = new SharedServer(folder, child, log);
    try {
      await server.ready(join(own, "postgres", "postmaster.pid"));
    } catch (failure) {
      await server.stop();
      throw failure;
    }
    return server;
  }

  /** The last line of its pid file says so: it is cheaper than connections that are refused. */
  private async ready(pidFile: string): Promise<void> {
    const limit = Date.now() + 60_000;
    const isReady = (): boolean =>
      existsSync(pidFile) && /\bready\s*$/.test(readFileSync(pidFile, "utf8"));
    while (!isReady()) {
      if (this.child.exitCode !== null || Date.now() > limit)
        throw new Error(
          `the shared PostgreSQL did not start:\n${readFileSync(this.log, "utf8").slice(-2_000)}`,
        );
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  async stop(): Promise<void> {
    const hasEnded = (): boolean => this.child.exitCode !== null || this.child.signalCode !== null;
    if (!hasEnded()) {
      const gone = once(this.child, "exit");
      this.child.kill("SIGQUIT");
      await gone;
    }
    this.remove();
  }

  /**
   * At once, for a run that is interrupted: also the servers that its suites have started and not
   * stopped.
   */
  remove(): void {
    const names = existsSync(this.folder) ? readdirSync(this.folder) : [];
    for (const name of names) removeDataDir(join(this.folder, name));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
