import type { MigrationInterface, QueryRunner } from "typeorm";
import { sqlFile } from "../sql-file.js";

export class Instruments1764518400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sqlFile(import.meta.url, "8-instruments.sql"));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE instrument; DROP TYPE instrument_status, instrument_kind`);
  }
}
