import {
  type EntityManager,
  In,
  Not,
  type Repository,
  type UpdateQueryBuilder,
} from "typeorm";
import type { QueryDeepPartialEntity } from "typeorm/query-builder/QueryPartialEntity.js";
import { ADVISORY_LOCKS } from "../schema/advisory-locks.js";
import {
  BackfillEntity,
  type BackfillState,
} from "../schema/backfill.entity.js";

/** States of a job that has not ended. */
export const OPEN: BackfillState[] = ["waiting", "running"];
export const now = (): string => "now()";

/** How far a job has got: `read` and `stored` are added to what it has. */
export interface Step {
  reached: number;
  read: number;
  stored: number;
  progress: number;
  lowestId?: string;
}

/**
 * How many jobs are open, but for bootstraps. Nobody else in the database is told before the
 * transaction has ended: two that asked at once would both be the last one.
 */
export async function openBackfills(
  transaction: EntityManager,
): Promise<number> {
  await transaction.query("SELECT pg_advisory_xact_lock($1)", [
    ADVISORY_LOCKS.openBackfills,
  ]);
  return transaction.countBy(BackfillEntity, {
    state: In(OPEN),
    askedBy: Not("bootstrap"),
  });
}

/** Of a job that is in one of the states. */
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
