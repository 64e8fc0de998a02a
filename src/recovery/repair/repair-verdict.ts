import { HOUR_MS } from "../../domain/units.js";
import type {
  DueGap,
  Settled,
} from "../../persistence/stores/gap-ledger-store.js";
import { TransportError } from "../../streaming/transport.js";
import { VenueError } from "../../venues/rest/venue-error.js";
import type { Venue } from "../../venues/venue.js";
import { Backoff } from "../../waiting/backoff.js";
import type { HoleAnswer } from "./hole-repair.js";

export interface RepairTiming {
  /** Between two looks at the ledger. */
  everyMs: number;
  /** A trade that is only late may come by itself. */
  graceMs: number;
  /** Between the two askings that make an id void. */
  confirmMs: number;
  /** After a failure; doubled with each up to the longest. */
  firstRetryMs: number;
  longestRetryMs: number;
  /** The longest while the venue, or our own log, cannot be reached: it may be back at any time, for all its gaps. */
  outageRetryMs: number;
  /** Until what is unrepairable is tried once more. */
  rareMs: number;
}

export const REPAIR_TIMING: RepairTiming = {
  everyMs: 1_000,
  graceMs: 2_000,
  confirmMs: 10_000,
  firstRetryMs: 3_000,
  longestRetryMs: 600_000,
  outageRetryMs: 60_000,
  rareMs: 6 * HOUR_MS,
};

/** Attempts in a row, while nothing came, after which their outcome is meant. */
const REFUSALS = 3;
const PATIENCE = 8;
/** Some hours: a REST is seconds behind its stream, or minutes on a bad day. */
const BEHIND = 40;

const TRADES_DROPPED =
  "its trades are older than those that are kept, so that none can be stored; and candles do not prove that the venue has none";

export type Verdict = Settled;

/** What attempts have come to so far: another outcome, or an id less that is missing, begins anew. */
export type Streak = Pick<DueGap, "outcome" | "consecutive">;

export function streakOf(gap: DueGap, missing: bigint): Streak {
  const progressed = gap.missing !== null && missing < gap.missing;
  return progressed ? { outcome: null, consecutive: 0 } : gap;
}

/** What follows from a failed attempt. */
export function afterFailure(
  error: unknown,
  streak: Streak,
  timing: RepairTiming,
): Verdict {
  const { message } = error as Error;
  if (error instanceof VenueError && !error.canRetry)
    return patiently("refused", streak, REFUSALS, timing, {
      reason: message,
      last: `the venue refuses: ${message}`,
    });
  if (error instanceof VenueError || canDeliverLater(error)) {
    const isVenue = error instanceof VenueError;
    const outage = { ...timing, longestRetryMs: timing.outageRetryMs };
    const verdict = again(
      isVenue ? "unreachable" : "undelivered",
      streak,
      outage,
      message,
    );
    const silentMs = isVenue ? error.silentMs : 0;
    return { ...verdict, nextTryMs: Math.max(verdict.nextTryMs, silentMs) };
  }
  return patiently("failed", streak, PATIENCE, timing, {
    reason: message,
    last: message,
  });
}

/** What follows from the answers to an attempt; `unconfirmed` ids had no trade for the first time. */
export function afterAnswers(
  venue: Venue,
  answers: readonly HoleAnswer[],
  unconfirmed: bigint,
  streak: Streak,
  timing: RepairTiming,
): Verdict {
  const unfit = answers.find((answer) => answer.unfit !== null)?.unfit;
  if (unfit !== undefined && unfit !== null)
    return rarely("unfit", unfit, timing);
  if (answers.some(({ isBehind }) => isBehind))
    return patiently("behind", streak, BEHIND, timing, {
      reason: "the venue's REST does not know these ids yet",
      last: "the venue's REST still does not know these ids",
    });
  if (unconfirmed > 0n) {
    const verdict = patiently("absent", streak, PATIENCE, timing, {
      reason: "the venue has no trade for some ids: asked again to be sure",
      last: "the venue has no trade for some ids, and for others each time",
    });
    return verdict.state === "repairing"
      ? { ...verdict, nextTryMs: timing.confirmMs }
      : verdict;
  }
  if (answers.some(({ hasReported }) => hasReported))
    return patiently("told", streak, PATIENCE, timing, {
      reason: null,
      last: `fetched ${PATIENCE} times and still not stored: see the dead letters`,
    });
  return rarely(
    "untold",
    `the venue tells nothing of these ids: it serves ${venue.repair.kind === "by id" ? venue.repair.reach : "nothing"}`,
    timing,
  );
}

/** What follows for a gap among trades that are not kept, `isVoid` by the venue's candles or not. */
export function afterProof(isVoid: boolean, timing: RepairTiming): Verdict {
  // The next sweep ends it.
  return isVoid
    ? again("proven", { outcome: null, consecutive: 0 }, timing, null)
    : rarely("expired", TRADES_DROPPED, timing);
}

export function rarely(
  outcome: string,
  reason: string,
  { rareMs }: RepairTiming,
): Verdict {
  const nextTryMs = new Backoff(rareMs, rareMs).next();
  return { state: "unrepairable", reason, outcome, consecutive: 1, nextTryMs };
}

/** Again, until so many in a row have ended so; then rarely. */
function patiently(
  outcome: string,
  streak: Streak,
  most: number,
  timing: RepairTiming,
  { reason, last }: { reason: string | null; last: string },
): Verdict {
  const consecutive = countOf(outcome, streak);
  return consecutive < most
    ? again(outcome, streak, timing, reason)
    : { ...rarely(outcome, last, timing), consecutive };
}

function again(
  outcome: string,
  streak: Streak,
  { firstRetryMs, longestRetryMs }: RepairTiming,
  reason: string | null,
): Verdict {
  const consecutive = countOf(outcome, streak);
  const before = consecutive - 1;
  const nextTryMs = new Backoff(firstRetryMs, longestRetryMs, before).next();
  return { state: "repairing", reason, outcome, consecutive, nextTryMs };
}

function countOf(outcome: string, streak: Streak): number {
  return streak.outcome === outcome ? streak.consecutive + 1 : 1;
}

function canDeliverLater(error: unknown): boolean {
  return error instanceof TransportError && error.canRetry;
}
