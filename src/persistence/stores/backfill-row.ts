import type { Market } from "../../domain/market.js";

export type BackfillState =
  "waiting" | "running" | "done" | "failed" | "cancelled";
export type BackfillRequester = "command" | "api" | "bootstrap";

/** A job that loads history, as everybody sees it. Times are epoch ms. */
export interface Backfill {
  id: number;
  market: Market;
  /** Exchange times; the end is exclusive. */
  from: number;
  to: number;
  askedBy: BackfillRequester;
  state: BackfillState;
  /** Everything before is loaded, or named in `notes`. */
  reached: number;
  /** Part (0–1) of the time asked for. */
  progress: number;
  /** Trades read from the sources, and those of them that were not stored before. */
  read: number;
  stored: number;
  /** Trades read a second, of late; 0 when it does not run. */
  rate: number;
  /** Seconds to the end at the pace so far; null while nobody can tell. */
  secondsLeft: number | null;
  /** What is under way. */
  doing: string | null;
  /** What to know of the result: days without a file, holes, sources that were not used. */
  notes: string[];
  /** Why it failed, or why it is being tried again. */
  problem: string | null;
  askedAt: number;
  startedAt: number | null;
  endedAt: number | null;
}

/** What a worker needs besides. */
export interface BackfillWork extends Backfill {
  /** Lowest id loaded so far by a source that goes backwards. */
  lowestId: string | null;
}

const EPOCH = (column: string): string =>
  `floor(extract(epoch FROM ${column}) * 1000)::bigint`;
/** Of table `backfill`, as `BackfillRow` names them. */
export const COLUMNS = `id, market, from_time, to_time, asked_by, state, reached, lowest_id, progress, read, stored, rate, doing, notes,
  problem, attempts, ${EPOCH("asked_at")} AS asked_at, ${EPOCH("started_at")} AS started_at, ${EPOCH("ended_at")} AS ended_at,
  extract(epoch FROM now() - started_at)::float8 AS seconds`;

export interface BackfillRow {
  id: number;
  market: string;
  from_time: string;
  to_time: string;
  asked_by: BackfillRequester;
  state: BackfillState;
  reached: string;
  lowest_id: string | null;
  progress: number;
  read: string;
  stored: string;
  rate: number;
  doing: string | null;
  notes: string[];
  problem: string | null;
  attempts: number;
  asked_at: string;
  started_at: string | null;
  ended_at: string | null;
  seconds: number | null;
}

export function workOf(row: BackfillRow): BackfillWork {
  return { ...backfillOf(row), lowestId: row.lowest_id };
}

export function backfillOf(row: BackfillRow): Backfill {
  const isRunning = row.state === "running";
  const isPaced = isRunning && row.progress > 0 && row.seconds !== null;
  return {
    id: row.id,
    market: row.market,
    from: Number(row.from_time),
    to: Number(row.to_time),
    askedBy: row.asked_by,
    state: row.state,
    reached: Number(row.reached),
    progress: row.progress,
    read: Number(row.read),
    stored: Number(row.stored),
    rate: row.rate,
    secondsLeft: isPaced
      ? ((row.seconds ?? 0) * (1 - row.progress)) / row.progress
      : null,
    doing: row.doing,
    notes: row.notes,
    problem: row.problem,
    askedAt: Number(row.asked_at),
    startedAt: row.started_at === null ? null : Number(row.started_at),
    endedAt: row.ended_at === null ? null : Number(row.ended_at),
  };
}
