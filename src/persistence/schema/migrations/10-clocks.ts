import type { MigrationInterface, QueryRunner } from "typeorm";
import { sqlFile } from "../sql-file.js";

export class Clocks1764691200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sqlFile(import.meta.url, "10-clocks.sql"));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query("ALTER TABLE market DROP COLUMN ahead");
  }
}
