import type { MigrationInterface, QueryRunner } from "typeorm";
import { sqlFile } from "../sql-file.js";

export class Revisions1764172800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sqlFile(import.meta.url, "4-revisions.sql"));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE candle_revision`);
  }
}
