import { type EntityManager, In, Not, type Repository, type UpdateQueryBuilder } from "typeorm";
import type { QueryDeepPartialEntity } from "typeorm/query-builder/QueryPartialEntity.js";
import { ADVISORY_LOCKS } from "../../schema/advisory-locks.js";
import { BackfillEntity, type BackfillState } from "../../schema/entities/backfill.entity.js";

/** States of a job that has not ended. */
export const OPEN_STATES: BackfillState[] = ["waiting", "running"];
/** A process that was cut off in its transaction holds the lock until PostgreSQL notices. */
const LOCK_LIMIT_MS = 5_000;
export const now = (): string => "now()";

/** Progress of a job: `read` and `stored` are added to its counts. */
export interface Step {
  reached: number;
  read: number;
  stored: number;
  progress: number;
  lowestId?: string;
}

/**
 * Counts the open jobs, bootstraps excepted. Any other process waits for the count until the
 * transaction ends: two concurrent requests could otherwise both take the last place.
 */
export async function openBackfills(transaction: EntityManager): Promise<number> {
  await transaction.query(`SET LOCAL lock_timeout = ${LOCK_LIMIT_MS}`);
  await transaction.query("SELECT pg_advisory_xact_lock($1)", [ADVISORY_LOCKS.openBackfills]);
  return transaction.countBy(BackfillEntity, {
    state: In(OPEN_STATES),
    askedBy: Not("bootstrap"),
  });
}

/** Updates a job if it is in one of the states. */
export function updating(
  jobs: Repository<BackfillEntity>,
  id: number,
  changes: QueryDeepPartialEntity<BackfillEntity>,
  states: BackfillState[] = ["running"],
): UpdateQueryBuilder<BackfillEntity> {
  return jobs
    .createQueryBuilder()
    .update()
    .set({ ...changes, changedAt: now })
    .where({ id, state: In(states) });
}

/** Adds a step to a running job, and clears its failed attempts. */
export function advanced(
  jobs: Repository<BackfillEntity>,
  id: number,
  { reached, read, stored, progress, lowestId }: Step,
): UpdateQueryBuilder<BackfillEntity> {
  return updating(jobs, id, {
    reached,
    read: () => "read + :read",
    stored: () => "stored + :stored",
    progress,
    ...(lowestId === undefined ? {} : { lowestId }),
    attempts: 0,
    problem: null,
  }).setParameters({ read, stored });
}
