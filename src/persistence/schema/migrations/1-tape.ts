import type { MigrationInterface, QueryRunner } from "typeorm";
import { sqlFile } from "../sql-file.js";

export class Tape1763683200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sqlFile(import.meta.url, "1-tape.sql"));
  }

  /** Irreversible: it would drop the tape. Restore a backup instead. */
  down(): Promise<void> {
    return Promise.reject(
      new Error("The first migration cannot be undone: it would drop every trade and candle"),
    );
  }
}
