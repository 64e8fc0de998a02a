import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, closeSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@nestjs/common";
import pg from "pg";
import { TapelineError } from "../../domain/tapeline-error.js";
import { ADMIN, type Passwords, asAccount, initialise, passwordsFile } from "./initdb.js";
import { OwnerLock, processExists, runsPostgres } from "./owner-lock.js";
import {
  type Account,
  type Binaries,
  findBinaries,
  requireExecutable,
  requireSearchable,
  unprivilegedAccount,
} from "./postgres-binaries.js";

const DATABASE = "tapeline";
export const READER = "tapeline_read";
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;
const RESTART_MS = 1_000;

/**
 * A real PostgreSQL that this process starts, watches and stops. It runs detached, in a process
 * group of its own: Ctrl-C reaches only the application, which drains first and stops the database
 * last. A `kill -9` of the application therefore leaves PostgreSQL running; the next start finds
 * and stops it.
 */
export class EmbeddedPostgres {
  private readonly logger = new Logger("EmbeddedPostgres");
  private readonly home: string;
  private readonly data: string;
  private readonly lock: OwnerLock;
  private child: ChildProcess | undefined;
  private stopping = false;
  private ready = false;
  private passwords: Passwords | undefined;

  constructor(
    dataDir: string,
    private readonly port: number,
    /** Restart PostgreSQL when it exits unexpectedly. */
    private readonly supervise = true,
  ) {
    this.home = resolve(dataDir);
    this.data = join(this.home, "postgres");
    this.lock = new OwnerLock(this.home);
  }

  /** Pid of another living process that runs this data folder's database. */
  livingOwner(): number | undefined {
    return this.lock.livingOwner();
  }

  /**
   * URL of the database's owner role; also for a database that another process of this machine
   * runs.
   */
  connectionUrl(): string {
    return this.url(ADMIN, this.readPasswords().admin);
  }

  /** URL of the read-only role, printed at start for psql and BI tools. */
  readerUrl(): string {
    return this.url(READER, this.readPasswords().reader);
  }

  readerPassword(): string {
    return this.readPasswords().reader;
  }

  /**
   * Starts PostgreSQL, after stopping an orphan. Returns the URL once it accepts connections;
   * throws a TapelineError otherwise.
   */
  async start(): Promise<string> {
    const binaries = findBinaries();
    requireExecutable(binaries.postgres);
    const account = unprivilegedAccount();
    mkdirSync(this.home, { recursive: true });
    if (account !== undefined) {
      requireSearchable(this.data, account);
      requireSearchable(binaries.postgres, account);
    }
    if (!this.lock.take()) {
      throw new TapelineError(
        "in_use",
        `${this.home} is in use by process ${this.lock.livingOwner() ?? "unknown"}. Stop it first, or use another DATA_DIR and EMBEDDED_PORT.`,
      );
    }
    try {
      this.requireSameMajor(binaries);
      await this.stopOrphan();
      this.passwords =
        (await initialise(this.home, this.data, binaries, account)) ?? this.passwords;
      this.launch(binaries, account);
      await this.waitUntilReady();
      this.ready = true;
    } catch (error) {
      await this.stop();
      throw error;
    }
    return this.connectionUrl();
  }

  /** Ends sessions, writes a checkpoint and waits for the exit. Idempotent. */
  async stop(): Promise<void> {
    this.stopping = true;
    const pid = this.postmasterPid();
    if (this.child !== undefined && pid !== undefined) await this.stopProcess(pid);
    this.child = undefined;
    this.lock.release();
  }

  private requireSameMajor(binaries: Binaries): void {
    const file = join(this.data, "PG_VERSION");
    if (!existsSync(file)) return;
    const found = readFileSync(file, "utf8").trim();
    if (found === binaries.major) return;
    throw new TapelineError(
      "other_version",
      `${this.data} was written by PostgreSQL ${found}; this version of Tapeline includes PostgreSQL ${binaries.major}. ` +
        `Either run the Tapeline version that wrote it, dump it (pg_dump "$(tapeline url)"), move ${this.data} away, start this version and restore the dump; ` +
        `or move ${this.data} away and start empty.`,
    );
  }

  /** The postmaster's pid from its lock file, if that process is alive and runs this folder. */
  private postmasterPid(): number | undefined {
    const file = join(this.data, "postmaster.pid");
    if (!existsSync(file)) return undefined;
    const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
    return Number.isInteger(pid) && pid > 0 && runsPostgres(pid, this.data) ? pid : undefined;
  }

  private async stopOrphan(): Promise<void> {
    const pid = this.postmasterPid();
    if (pid === undefined) return;
    this.logger.warn(`Found PostgreSQL (process ${pid}) of an earlier run, stopping it`);
    await this.stopProcess(pid);
  }

  /**
   * SIGINT ends sessions and writes a checkpoint; SIGQUIT, after a timeout, leaves that to
   * recovery.
   */
  private async stopProcess(pid: number): Promise<void> {
    for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
      if (!processExists(pid)) return;
      process.kill(pid, signal);
      const limit = performance.now() + STOP_LIMIT_MS;
      while (performance.now() < limit) {
        if (!processExists(pid) || this.hasExited()) return;
        await sleep(20);
      }
    }
  }

  private hasExited(): boolean {
    return (
      this.child !== undefined && (this.child.exitCode !== null || this.child.signalCode !== null)
    );
  }

  private launch(binaries: Binaries, account: Account | undefined): void {
    const settings = {
      port: this.port,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      max_connections: 60,
      // A read over years of daily partitions locks each of them.
      max_locks_per_transaction: 1024,
      max_wal_size: "2GB",
      checkpoint_timeout: "15min",
      // Compiling a statement costs more than these short statements take.
      jit: "off",
      timezone: "UTC",
      log_timezone: "UTC",
    };
    const args = [
      "-D",
      this.data,
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ];
    const log = openSync(join(this.home, "postgres.log"), "a", 0o600);
    try {
      const child = spawn(binaries.postgres, args, {
        ...asAccount(account),
        cwd: "/",
        detached: true,
        stdio: ["ignore", log, log],
      });
      child.unref();
      child.once("exit", (code, signal) => {
        if (!this.ready || this.stopping || !this.supervise) return;
        if (this.child !== child) return;
        this.logger.error(
          `PostgreSQL exited unexpectedly (${signal ?? `exit code ${code}`}), restarting it in ${RESTART_MS / 1_000} s. See ${join(this.home, "postgres.log")}`,
        );
        setTimeout(() => !this.stopping && this.launch(binaries, account), RESTART_MS).unref();
      });
      child.once("error", (error) =>
        this.logger.error(`PostgreSQL cannot be started: ${error.message}`),
      );
      this.child = child;
    } finally {
      closeSync(log);
    }
  }

  private async waitUntilReady(): Promise<void> {
    const limit = performance.now() + START_LIMIT_MS;
    for (;;) {
      if (this.hasExited()) throw this.startFailure();
      try {
        await this.ensureDatabase();
        return;
      } catch (error) {
        if (performance.now() > limit)
          throw new TapelineError(
            "database_failed",
            `PostgreSQL did not answer within ${START_LIMIT_MS / 1_000} s`,
            { cause: error },
          );
      }
      await sleep(50);
    }
  }

  private startFailure(): TapelineError {
    const log = readFileSync(join(this.home, "postgres.log"), "utf8")
      .trim()
      .split("\n")
      .slice(-6)
      .join("\n  ");
    if (log.includes("Address already in use")) {
      return new TapelineError(
        "port_in_use",
        `Port ${this.port} is in use by another process, so the embedded PostgreSQL cannot listen on it. Set EMBEDDED_PORT to a free port.`,
      );
    }
    return new TapelineError("database_failed", `PostgreSQL did not start:\n  ${log}`);
  }

  private async ensureDatabase(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url(ADMIN, this.readPasswords().admin, "postgres"),
      connectionTimeoutMillis: 2_000,
    });
    // An idle client whose server exits emits an error, which would end the process.
    client.on("error", (error) => this.logger.debug(error.message));
    try {
      await client.connect();
      const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [
        DATABASE,
      ]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
    } finally {
      await client.end().catch((error: Error) => this.logger.debug(error.message));
    }
  }

  private readPasswords(): Passwords {
    this.passwords ??= JSON.parse(readFileSync(passwordsFile(this.home), "utf8")) as Passwords;
    return this.passwords;
  }

  private url(user: string, password: string, database = DATABASE): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.port}/${database}`;
  }
}
