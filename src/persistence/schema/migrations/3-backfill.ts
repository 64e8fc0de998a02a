import type { MigrationInterface, QueryRunner } from "typeorm";
import { sqlFile } from "../sql-file.js";

export class Backfill1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sqlFile(import.meta.url, "3-backfill.sql"));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query("DROP TABLE backfill; DROP TYPE backfill_state; DROP TYPE backfill_asker");
  }
}
