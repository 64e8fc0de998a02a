import type { MigrationInterface, QueryRunner } from "typeorm";
import { sqlFile } from "../sql-file.js";

export class Reconciliation1764259200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sqlFile(import.meta.url, "5-reconciliation.sql"));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE candle_difference, reconciliation; DROP TYPE difference_state, difference_outcome`,
    );
  }
}
