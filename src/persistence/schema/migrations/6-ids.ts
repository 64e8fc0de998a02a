import type { MigrationInterface, QueryRunner } from "typeorm";
import { sqlFile } from "../sql-file.js";

export class Ids1764345600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sqlFile(import.meta.url, "6-ids.sql"));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP FUNCTION known_ids(int8multirange, int8multirange);
       DROP FUNCTION candle_behind(integer, candle_interval, bigint)`,
    );
  }
}
