import type { MigrationInterface, QueryRunner } from "typeorm";
import { sqlFile } from "../sql-file.js";

/** A value of an enumeration cannot be dropped, only the enumeration. */
const DOWN = `
  DROP INDEX backfill_open;
  ALTER TABLE backfill ALTER COLUMN state DROP DEFAULT;
  ALTER TYPE backfill_state RENAME TO backfill_state_with_incomplete;
  CREATE TYPE backfill_state AS ENUM ('waiting', 'running', 'done', 'failed', 'cancelled');
  ALTER TABLE backfill ALTER COLUMN state TYPE backfill_state
    USING (CASE state::text WHEN 'incomplete' THEN 'done' ELSE state::text END)::backfill_state;
  ALTER TABLE backfill ALTER COLUMN state SET DEFAULT 'waiting';
  DROP TYPE backfill_state_with_incomplete;
  CREATE INDEX backfill_open ON backfill (next_try_at) WHERE state IN ('waiting', 'running');
  ALTER TABLE backfill DROP COLUMN missing, DROP COLUMN conflicts`;

export class IncompleteBackfills1764950400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sqlFile(import.meta.url, "13-incomplete-backfills.sql"));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
