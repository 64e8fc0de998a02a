import type { BackfillEntity } from "../../schema/entities/backfill.entity.js";

/** A job that loads history, as the API shows it. Times are epoch ms. */
export interface Backfill extends Pick<
  BackfillEntity,
  | "id"
  | "market"
  | "from"
  | "to"
  | "askedBy"
  | "state"
  | "reached"
  | "progress"
  | "read"
  | "stored"
  | "conflicts"
  | "rate"
  | "doing"
  | "notes"
  | "missing"
  | "problem"
  | "askedAt"
  | "startedAt"
  | "endedAt"
> {
  /** Estimated seconds to the end at the average rate; null while unknown. */
  secondsLeft: number | null;
}

/** A job with what its worker needs besides. */
export interface BackfillWork extends Backfill, Pick<BackfillEntity, "lowestId"> {}

export function workOf(job: BackfillEntity): BackfillWork {
  return { ...backfillOf(job), lowestId: job.lowestId };
}

export function backfillOf(job: BackfillEntity): Backfill {
  return {
    id: job.id,
    market: job.market,
    from: job.from,
    to: job.to,
    askedBy: job.askedBy,
    state: job.state,
    reached: job.reached,
    progress: job.progress,
    read: job.read,
    stored: job.stored,
    conflicts: job.conflicts,
    rate: job.rate,
    secondsLeft: secondsLeft(job),
    doing: job.doing,
    notes: job.notes,
    missing: job.missing,
    problem: job.problem,
    askedAt: job.askedAt,
    startedAt: job.startedAt,
    endedAt: job.endedAt,
  };
}

function secondsLeft({ state, progress, seconds }: BackfillEntity): number | null {
  const hasRate = state === "running" && progress > 0 && seconds !== null;
  return hasRate ? (seconds * (1 - progress)) / progress : null;
}
