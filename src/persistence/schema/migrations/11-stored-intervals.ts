import type { MigrationInterface, QueryRunner } from "typeorm";
import { sqlFile } from "../sql-file.js";

export class StoredIntervals1764777600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sqlFile(import.meta.url, "11-stored-intervals.sql"));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query("DROP TABLE stale_candle, unbuilt, stored_interval");
  }
}
