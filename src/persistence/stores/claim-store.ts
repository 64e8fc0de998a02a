import { Injectable } from "@nestjs/common";
import { DataSource, type QueryRunner } from "typeorm";
import { ADVISORY_LOCKS } from "../schema/advisory-locks.js";

/** What can be claimed, by name. */
export type ClaimKind = "market" | "job";

/**
 * Claims among all processes of one database: advisory locks, which PostgreSQL releases when the
 * connection that holds them ends.
 */
@Injectable()
export class ClaimStore {
  constructor(private readonly source: DataSource) {}

  /** Takes a connection out of the pool until its `close`. It runs one statement at a time. */
  async connect(): Promise<ClaimConnection> {
    const runner = this.source.createQueryRunner();
    await runner.connect();
    return new ClaimConnection(runner);
  }
}

export class ClaimConnection {
  constructor(private readonly runner: QueryRunner) {}

  /** The connection has been lost, and its claims with it. */
  get isLost(): boolean {
    return this.runner.isReleased;
  }

  /**
   * Claims the names that are free, and returns them. Called without names, it checks the
   * connection.
   */
  async claim(kind: ClaimKind, names: readonly string[]): Promise<string[]> {
    const rows = (await this.runner.query(
      `SELECT name FROM unnest($2::text[]) AS name WHERE pg_try_advisory_lock($1, hashtext(name))`,
      [ADVISORY_LOCKS[kind], names],
    )) as { name: string }[];
    return rows.map(({ name }) => name);
  }

  async release(kind: ClaimKind, names: readonly string[]): Promise<void> {
    await this.runner.query(
      `SELECT pg_advisory_unlock($1, hashtext(name)) FROM unnest($2::text[]) AS name`,
      [ADVISORY_LOCKS[kind], names],
    );
  }

  /**
   * Releases all claims and returns the connection to the pool, which reuses it. A connection that
   * cannot release them is ended instead.
   */
  async close(): Promise<void> {
    const release = "SELECT pg_advisory_unlock_all()";
    if (!this.isLost) await this.runner.query(release).catch(() => this.end());
    await this.runner.release();
  }

  /** PostgreSQL releases the locks of a session that ends, and the pool drops its connection. */
  private async end(): Promise<void> {
    const end = "SELECT pg_terminate_backend(pg_backend_pid())";
    await this.runner.query(end).catch(() => undefined);
  }
}
