import { Injectable } from "@nestjs/common";
import { DataSource, type QueryRunner } from "typeorm";
import { ADVISORY_LOCKS } from "../schema/advisory-locks.js";

/** What is claimed by name. */
export type ClaimKind = "market" | "job";

/**
 * Claims of this process among all of one database: advisory locks, free again whenever the
 * connection that holds them ends.
 */
@Injectable()
export class ClaimStore {
  constructor(private readonly source: DataSource) {}

  /** A connection taken from the pool for as long as it holds claims. One statement at a time. */
  async connect(): Promise<ClaimConnection> {
    const runner = this.source.createQueryRunner();
    await runner.connect();
    return new ClaimConnection(runner);
  }
}

export class ClaimConnection {
  constructor(private readonly runner: QueryRunner) {}

  /** It was cut, and what it held is free. */
  get isLost(): boolean {
    return this.runner.isReleased;
  }

  /**
   * Those of the names that are this connection's from now on. Without any, it still shows that the
   * connection is there.
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

  /** Before the pool gets it back: it may go on using this connection, which must not keep the locks. */
  async releaseAll(): Promise<void> {
    if (this.isLost) return;
    await this.runner
      .query("SELECT pg_advisory_unlock_all()")
      .catch(
        () => undefined /* the connection is gone, and the locks with it */,
      );
  }

  /** Gives the connection back as it is. */
  close(): Promise<void> {
    return this.runner.release();
  }
}
