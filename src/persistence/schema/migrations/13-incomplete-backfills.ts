import type { MigrationInterface, QueryRunner } from "typeorm";
import { sqlFile } from "../sql-file.js";

export class IncompleteBackfills1764950400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sqlFile(import.meta.url, "13-incomplete-backfills.sql"));
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error(
        "This migration cannot be undone: values of an enumeration stay. Restore a backup instead",
      ),
    );
  }
}
