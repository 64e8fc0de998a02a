import { HOUR_MS, MINUTE_MS } from "../../domain/units.js";
import type { DueGap, Settled } from "../../persistence/stores/gaps/gap-ledger-store.js";
import { TransportError } from "../../streaming/transport.js";
import { VenueError } from "../../venues/rest/venue-error.js";
import type { Venue } from "../../venues/venue.js";
import { Backoff } from "../../waiting/backoff.js";
import type { HoleAnswer } from "./hole-repair.js";

export interface RepairTiming {
  /** Between two sweeps. */
  everyMs: number;
  /** From finding a gap to its first attempt: a trade that is only late may come by itself. */
  graceMs: number;
  /** Between the two requests that make an id void. */
  confirmMs: number;
  /** After a failure; doubles with each, up to `maxRetryMs`. */
  firstRetryMs: number;
  maxRetryMs: number;
  /**
   * Maximum while the venue, or our own log, is unreachable: it may be back at any time, for all
   * its gaps.
   */
  outageRetryMs: number;
  /** Between attempts at an unrepairable gap. */
  rareMs: number;
}

export const REPAIR_TIMING: RepairTiming = {
  everyMs: 1_000,
  graceMs: 2_000,
  confirmMs: 10_000,
  firstRetryMs: 3_000,
  maxRetryMs: 600_000,
  outageRetryMs: 60_000,
  rareMs: 6 * HOUR_MS,
};

/**
 * Consecutive attempts with the same outcome and no progress, after which a gap is unrepairable.
 */
const MAX_REFUSALS = 3;
const MAX_ATTEMPTS = 8;
/** Some hours: a REST is usually seconds behind its stream, at worst minutes. */
const MAX_BEHIND_ATTEMPTS = 40;

/** A trade that is ahead of every clock is not, a minute later. */
const WHEN_CLOCKS_AGREE = { firstRetryMs: MINUTE_MS, maxRetryMs: MINUTE_MS };

const TRADES_DROPPED =
  "its trades are older than those that are kept, so that none can be stored; and candles do not prove that the venue has none";

export type Verdict = Settled;

/**
 * Consecutive attempts with one outcome. Another outcome, or a lower count of missing ids, resets
 * it.
 */
export type Streak = Pick<DueGap, "outcome" | "consecutive">;

export function streakOf(gap: DueGap, missing: bigint): Streak {
  const progressed = gap.missing !== null && missing < gap.missing;
  return progressed ? { outcome: null, consecutive: 0 } : gap;
}

/** The next state of a gap after a failed attempt. */
export function afterFailure(error: unknown, streak: Streak, timing: RepairTiming): Verdict {
  const { message } = error as Error;
  if (error instanceof VenueError && !error.canRetry)
    return retryOrGiveUp("refused", streak, MAX_REFUSALS, timing, {
      reason: message,
      last: `the venue refuses: ${message}`,
    });
  if (error instanceof VenueError || canDeliverLater(error)) {
    const isVenue = error instanceof VenueError;
    const outage = { ...timing, maxRetryMs: timing.outageRetryMs };
    const verdict = retry(isVenue ? "unreachable" : "undelivered", streak, outage, message);
    const silentMs = isVenue ? error.silentMs : 0;
    return { ...verdict, nextTryMs: Math.max(verdict.nextTryMs, silentMs) };
  }
  return retryOrGiveUp("failed", streak, MAX_ATTEMPTS, timing, {
    reason: message,
    last: message,
  });
}

/**
 * The next state of a gap after an attempt was answered. `unconfirmed`: number of ids without a
 * trade for the first time.
 */
export function afterAnswers(
  venue: Venue,
  answers: readonly HoleAnswer[],
  unconfirmed: bigint,
  streak: Streak,
  timing: RepairTiming,
): Verdict {
  const unfit = answers.find((answer) => answer.unfit !== null)?.unfit ?? null;
  if (unfit !== null)
    return unfit.passes
      ? retry("ahead", streak, { ...timing, ...WHEN_CLOCKS_AGREE }, unfit.reason)
      : rarely("unfit", unfit.reason, timing);
  if (answers.some(({ isBehind }) => isBehind))
    return retryOrGiveUp("behind", streak, MAX_BEHIND_ATTEMPTS, timing, {
      reason: "the venue's REST does not know these ids yet",
      last: "the venue's REST still does not know these ids",
    });
  if (unconfirmed > 0n) {
    const verdict = retryOrGiveUp("absent", streak, MAX_ATTEMPTS, timing, {
      reason: "the venue has no trade for some ids: requested again to confirm",
      last: "the venue has no trade for some ids, and for others each time",
    });
    return verdict.state === "repairing" ? { ...verdict, nextTryMs: timing.confirmMs } : verdict;
  }
  if (answers.some(({ hasReported }) => hasReported))
    return retryOrGiveUp("told", streak, MAX_ATTEMPTS, timing, {
      reason: null,
      last: `fetched ${MAX_ATTEMPTS} times and still not stored: see the dead letters`,
    });
  return rarely(
    "untold",
    `the venue returns nothing for these ids: it serves ${venue.repair.kind === "by id" ? venue.repair.reach : "nothing"}`,
    timing,
  );
}

/**
 * The next state of a gap among trades that are no longer kept; `isVoid` as the venue's candles
 * prove.
 */
export function afterProof(isVoid: boolean, timing: RepairTiming): Verdict {
  // The next sweep closes it.
  return isVoid
    ? retry("proven", { outcome: null, consecutive: 0 }, timing, null)
    : rarely("expired", TRADES_DROPPED, timing);
}

export function rarely(outcome: string, reason: string, { rareMs }: RepairTiming): Verdict {
  const nextTryMs = new Backoff(rareMs, rareMs).next();
  return { state: "unrepairable", reason, outcome, consecutive: 1, nextTryMs };
}

/** Retries until `maxAttempts` consecutive attempts had this outcome; then rarely. */
function retryOrGiveUp(
  outcome: string,
  streak: Streak,
  maxAttempts: number,
  timing: RepairTiming,
  { reason, last }: { reason: string | null; last: string },
): Verdict {
  const consecutive = countOf(outcome, streak);
  return consecutive < maxAttempts
    ? retry(outcome, streak, timing, reason)
    : { ...rarely(outcome, last, timing), consecutive };
}

function retry(
  outcome: string,
  streak: Streak,
  { firstRetryMs, maxRetryMs }: RepairTiming,
  reason: string | null,
): Verdict {
  const consecutive = countOf(outcome, streak);
  const failures = consecutive - 1;
  const nextTryMs = new Backoff(firstRetryMs, maxRetryMs, failures).next();
  return { state: "repairing", reason, outcome, consecutive, nextTryMs };
}

function countOf(outcome: string, streak: Streak): number {
  return streak.outcome === outcome ? streak.consecutive + 1 : 1;
}

function canDeliverLater(error: unknown): boolean {
  return error instanceof TransportError && error.canRetry;
}
