import type { BackfillEntity } from "../schema/backfill.entity.js";

/** A job that loads history, as everybody sees it. Times are epoch ms. */
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
  | "rate"
  | "doing"
  | "notes"
  | "problem"
  | "askedAt"
  | "startedAt"
  | "endedAt"
> {
  /** Seconds to the end at the pace so far; null while nobody can tell. */
  secondsLeft: number | null;
}

/** What a worker needs besides. */
export interface BackfillWork
  extends Backfill, Pick<BackfillEntity, "lowestId"> {}

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
    rate: job.rate,
    secondsLeft: secondsLeft(job),
    doing: job.doing,
    notes: job.notes,
    problem: job.problem,
    askedAt: job.askedAt,
    startedAt: job.startedAt,
    endedAt: job.endedAt,
  };
}

function secondsLeft({
  state,
  progress,
  seconds,
}: BackfillEntity): number | null {
  const isPaced = state === "running" && progress > 0 && seconds !== null;
  return isPaced ? (seconds * (1 - progress)) / progress : null;
}
