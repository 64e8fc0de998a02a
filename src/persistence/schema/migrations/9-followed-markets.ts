import type { MigrationInterface, QueryRunner } from "typeorm";
import { sqlFile } from "../sql-file.js";

export class FollowedMarkets1764604800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sqlFile(import.meta.url, "9-followed-markets.sql"));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query("DROP TABLE followed_market");
  }
}
