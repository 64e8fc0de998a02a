import { Injectable, Logger } from "@nestjs/common";
import { DataSource, type QueryRunner } from "typeorm";
import { DAY_MS } from "../../domain/units.js";
import { ADVISORY_LOCKS } from "./advisory-locks.js";

/** Tables are created this many days ahead, so that no write waits for one at midnight. */
const AHEAD_DAYS = 2;

/**
 * The daily tables of `trade`. They are created before a write needs them, on a separate
 * connection: inside the write's transaction, creating one would hold locks that other writers wait
 * for.
 */
@Injectable()
export class Partitions {
  private readonly logger = new Logger(Partitions.name);
  private readonly known = new Set<number>();

  constructor(private readonly source: DataSource) {}

  /** Creates the missing tables for these exchange times (epoch ms). */
  async ensure(times: Iterable<number>): Promise<void> {
    const missing = new Set<number>();
    for (const time of times) {
      const day = dayOf(time);
      if (!this.known.has(day)) missing.add(day);
    }
    if (missing.size === 0) return;
    await this.locked(async (runner) => {
      for (const day of [...missing].sort((a, b) => a - b)) await this.create(runner, day);
    });
  }

  async ensureAhead(now: number): Promise<void> {
    await this.ensure(Array.from({ length: AHEAD_DAYS + 1 }, (_, index) => now + index * DAY_MS));
  }

  /** Clears the cache: tables may have been dropped, or the database replaced. */
  forget(): void {
    this.known.clear();
  }

  /** First ms of each day that has a table, ascending. */
  async days(): Promise<number[]> {
    const rows: { name: string }[] = await this.source.query(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'trade'::regclass`,
    );
    return rows.map(({ name }) => timeOf(name)).sort((a, b) => a - b);
  }

  /** Detaches concurrently, which waits for readers without blocking others. */
  async drop(day: number): Promise<void> {
    const name = nameOf(day);
    await this.locked(async (runner) => {
      await runner.query(`ALTER TABLE trade DETACH PARTITION ${name} CONCURRENTLY`);
      await runner.query(`DROP TABLE ${name}`);
    });
    this.known.delete(day);
    this.logger.log(
      `Dropped the trades of ${new Date(day).toISOString().slice(0, 10)}: older than the retention horizon`,
    );
  }

  private async locked(work: (runner: QueryRunner) => Promise<void>): Promise<void> {
    const runner = this.source.createQueryRunner();
    try {
      await runner.query("SELECT pg_advisory_lock($1)", [ADVISORY_LOCKS.partitions]);
      try {
        await work(runner);
      } finally {
        await runner.query("SELECT pg_advisory_unlock($1)", [ADVISORY_LOCKS.partitions]);
      }
    } finally {
      await runner.release();
    }
  }

  /**
   * Created apart and then attached: `PARTITION OF` would wait for every reader of `trade`, and all
   * others behind it.
   */
  private async create(runner: QueryRunner, day: number): Promise<void> {
    const name = nameOf(day);
    const attached = (await runner.query(
      `SELECT FROM pg_inherits WHERE inhparent = 'trade'::regclass AND inhrelid = to_regclass($1)`,
      [name],
    )) as unknown as unknown[];
    if (attached.length === 0) {
      await runner.query(`CREATE TABLE IF NOT EXISTS ${name} (LIKE trade INCLUDING ALL)`);
      await runner.query(
        `ALTER TABLE trade ATTACH PARTITION ${name} FOR VALUES FROM (${day}) TO (${day + DAY_MS})`,
      );
    }
    this.known.add(day);
  }
}

export function dayOf(time: number): number {
  return time - (time % DAY_MS);
}

function nameOf(day: number): string {
  return `trade_${new Date(day).toISOString().slice(0, 10).replaceAll("-", "")}`;
}

function timeOf(name: string): number {
  const [, year, month, date] = /^trade_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(date));
}
