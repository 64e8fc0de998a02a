import { HOUR_MS } from "../../domain/units.js";
import type { DueGap } from "../../persistence/stores/gaps/gap-ledger-store.js";
import { TransportError } from "../../streaming/transport.js";
import { binance } from "../../venues/binance/spot.js";
import type { Venue } from "../../venues/venue.js";
import { VenueError } from "../../venues/rest/venue-error.js";
import type { HoleAnswer } from "./hole-repair.js";
import {
  REPAIR_TIMING,
  type Streak,
  type Verdict,
  afterAnswers,
  afterFailure,
  afterProof,
  streakOf,
} from "./repair-verdict.js";

const answer = (fields: Partial<HoleAnswer>): HoleAnswer => ({
  trades: 0,
  absent: [],
  unreported: 0n,
  hasReported: true,
  isBehind: false,
  unfit: null,
  ...fields,
});
const { firstRetryMs, maxRetryMs, outageRetryMs, confirmMs, rareMs } = REPAIR_TIMING;
const NONE: Streak = { outcome: null, consecutive: 0 };
const away = new VenueError("unavailable", "503");
const refused = new VenueError("refused", "400 Invalid symbol.");

const failed = (error: Error, streak = NONE): Verdict => afterFailure(error, streak, REPAIR_TIMING);
const answered = (fields: Partial<HoleAnswer>, streak = NONE, unconfirmed = 0n): Verdict =>
  afterAnswers(binance, [answer(fields)], unconfirmed, streak, REPAIR_TIMING);

/** The verdict of the last of `attempts` equal attempts. */
function after(attempts: number, attempt: (streak: Streak) => Verdict, streak = NONE): Verdict {
  let verdict = attempt(streak);
  for (let next = 1; next < attempts; next++) verdict = attempt(verdict);
  return verdict;
}

describe("a trade that cannot be stored", () => {
  it("because it is ahead of every clock, is requested again within a minute, for ever", () => {
    const unfit = { reason: "bad_time", passes: true };
    const verdict = after(1_000, (streak) => answered({ unfit }, streak));
    expect(verdict).toMatchObject({ state: "repairing", reason: "bad_time" });
    expect(verdict.nextTryMs).toBeLessThanOrEqual(60_000);
    expect(verdict.nextTryMs).toBeGreaterThanOrEqual(30_000);
  });

  it("for good, makes its gap unrepairable", () => {
    const unfit = { reason: "bad_price", passes: false };
    expect(answered({ unfit })).toMatchObject({ state: "unrepairable", reason: "bad_price" });
  });
});

describe("an outage", () => {
  it("is retried after growing waits with jitter, never above the maximum", () => {
    for (const attempts of [1, 2, 5, 30]) {
      const step = Math.min(outageRetryMs, firstRetryMs * 2 ** (attempts - 1));
      const waits = Array.from(
        { length: 50 },
        () => after(attempts, (streak) => failed(away, streak)).nextTryMs,
      );
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(step / 2);
      expect(Math.max(...waits)).toBeLessThanOrEqual(step);
      expect(new Set(waits).size).toBeGreaterThan(10);
    }
  });

  it.each([
    ["of the venue", away],
    ["of our own log", new TransportError("unavailable", "no broker")],
  ])("%s never gives a gap up, even after hours", (_name, error) => {
    const verdict = after(1_000, (streak) => failed(error, streak));
    expect(verdict.state).toBe("repairing");
    expect(verdict.nextTryMs).toBeLessThanOrEqual(outageRetryMs);
  });

  it("that is over resets both the waits and the number of attempts", () => {
    const outage = after(1_000, (streak) => failed(away, streak));
    const reported = answered({ trades: 9 }, outage);
    expect(reported.state).toBe("repairing");
    expect(reported.nextTryMs).toBeLessThanOrEqual(firstRetryMs);
    for (const verdict of [
      failed(refused, outage),
      failed(new Error("odd"), outage),
      answered({ isBehind: true, unreported: 5n, hasReported: false }, outage),
    ]) {
      expect(verdict.state).toBe("repairing");
      expect(verdict.nextTryMs).toBeLessThanOrEqual(firstRetryMs);
    }
  });

  it("a host that demands silence gets it", () => {
    const error = new VenueError("silenced", "418", 7_200_000);
    expect(failed(error)).toMatchObject({
      state: "repairing",
      reason: "418",
      nextTryMs: 7_200_000,
    });
  });
});

describe("attempts without progress become rare", () => {
  const behind = { isBehind: true, unreported: 5n, hasReported: false };
  it.each<[string, number, (streak: Streak) => Verdict, RegExp]>([
    ["a refusal", 3, (streak) => failed(refused, streak), /the venue refuses/],
    [
      "trades that are sent and not stored",
      8,
      (streak) => answered({ trades: 9 }, streak),
      /still not stored/,
    ],
    [
      "trades that the log refuses",
      8,
      (streak) => failed(new TransportError("rejected", "too large"), streak),
      /too large/,
    ],
    [
      "an error of our own",
      8,
      (streak) => failed(new TypeError("x is not a function"), streak),
      /not a function/,
    ],
    [
      "ids without a trade that are others each time",
      8,
      (streak) => answered({}, streak, 3n),
      /others each time/,
    ],
    ["a REST that stays behind", 40, (streak) => answered(behind, streak), /still does not know/],
  ])("%s: rarely from attempt %i on", (_name, max, attempt, reason) => {
    expect(after(max - 1, attempt).state).toBe("repairing");
    const last = after(max, attempt);
    expect(last.state).toBe("unrepairable");
    expect(last.reason).toMatch(reason);
    expect(last.nextTryMs).toBeGreaterThanOrEqual(rareMs / 2);
    // A rare attempt with the same outcome does not start frequent retries again.
    expect(attempt(last).state).toBe("unrepairable");
    // One with another outcome does.
    expect(failed(away, last).state).toBe("repairing");
  });

  it("a REST that is behind has hours to catch up, and is retried at least every ten minutes", () => {
    let waited = 0;
    let verdict: Verdict | Streak = NONE;
    for (let attempt = 1; attempt < 40; attempt++) {
      const next = answered(behind, verdict);
      expect(next.nextTryMs).toBeLessThanOrEqual(maxRetryMs);
      waited += next.nextTryMs;
      verdict = next;
    }
    expect(waited).toBeGreaterThan(2.5 * HOUR_MS);
  });

  it.each<[string, Partial<HoleAnswer>, RegExp]>([
    [
      "nothing was reported",
      { unreported: 5n, hasReported: false },
      /serves all trades since a market began/,
    ],
    ["a trade was unusable", { unfit: { reason: "bad_price", passes: false } }, /bad_price/],
  ])("%s: rarely at once", (_name, fields, reason) => {
    const verdict = answered(fields);
    expect(verdict.state).toBe("unrepairable");
    expect(verdict.reason).toMatch(reason);
  });
});

describe("no gap is given up that makes progress", () => {
  const gap = (missing: bigint | null): DueGap => ({
    id: "1",
    market: "binance:BTCUSDT",
    kind: "raw",
    state: "repairing",
    attempts: 7,
    outcome: "told",
    consecutive: 7,
    missing,
  });

  it("a hole of many parts, some of which each attempt fetches", () => {
    const streak = streakOf(gap(900n), 800n);
    expect(streak).toEqual({ outcome: null, consecutive: 0 });
    expect(answered({ trades: 100 }, streak)).toMatchObject({
      state: "repairing",
      consecutive: 1,
    });
  });

  it("but one without progress is", () => {
    for (const missing of [900n, 901n])
      expect(answered({ trades: 100 }, streakOf(gap(900n), missing)).state).toBe("unrepairable");
    expect(streakOf(gap(null), 5n)).toMatchObject({ consecutive: 7 });
  });

  it("a hole that was reported in part is requested again", () => {
    expect(answered({ unreported: 5n })).toMatchObject({
      state: "repairing",
      reason: null,
    });
  });

  it("ids without a trade are requested once more before they are void", () => {
    expect(answered({}, NONE, 3n)).toMatchObject({
      state: "repairing",
      nextTryMs: confirmMs,
    });
  });
});

describe("an attempt's outcome and reason, as the ledger keeps them", () => {
  const behind = { isBehind: true, unreported: 5n, hasReported: false };
  const absent = "the venue has no trade for some ids";
  it.each<[string, string | null, () => Verdict]>([
    ["unreachable", "503", () => failed(away)],
    ["undelivered", "no broker", () => failed(new TransportError("unavailable", "no broker"))],
    ["refused", "400 Invalid symbol.", () => failed(refused)],
    ["failed", "too large", () => failed(new TransportError("rejected", "too large"))],
    ["failed", "odd", () => failed(new Error("odd"))],
    ["unfit", "bad_price", () => answered({ unfit: { reason: "bad_price", passes: false } })],
    ["behind", "the venue's REST does not know these ids yet", () => answered(behind)],
    ["absent", `${absent}: requested again to confirm`, () => answered({}, NONE, 1n)],
    ["told", null, () => answered({ trades: 1 })],
    ["proven", null, () => afterProof(true, REPAIR_TIMING)],
  ])("%s: %s", (outcome, reason, attempt) => {
    expect(attempt()).toMatchObject({ outcome, reason, consecutive: 1 });
  });

  it.each<[string, number, string, (streak: Streak) => Verdict]>([
    ["refused", 3, "the venue refuses: 400 Invalid symbol.", (streak) => failed(refused, streak)],
    ["failed", 8, "odd", (streak) => failed(new Error("odd"), streak)],
    [
      "behind",
      40,
      "the venue's REST still does not know these ids",
      (streak) => answered(behind, streak),
    ],
    ["absent", 8, `${absent}, and for others each time`, (streak) => answered({}, streak, 1n)],
    [
      "told",
      8,
      "fetched 8 times and still not stored: see the dead letters",
      (streak) => answered({ trades: 1 }, streak),
    ],
  ])("%s after %i attempts: %s", (outcome, attempts, reason, attempt) => {
    const verdict = after(attempts, attempt);
    expect(verdict).toMatchObject({ outcome, reason, state: "unrepairable" });
    expect(verdict.consecutive).toBe(attempts);
  });

  it("is what the venue serves, where it reports nothing", () => {
    const silent = { unreported: 5n, hasReported: false };
    const serving = (repair: unknown): Verdict =>
      afterAnswers({ repair } as Venue, [answer(silent)], 0n, NONE, REPAIR_TIMING);
    const text = "the venue returns nothing for these ids: it serves";
    expect(serving({ kind: "by id", reach: "the last hour" })).toMatchObject({
      outcome: "untold",
      reason: `${text} the last hour`,
      state: "unrepairable",
    });
    expect(serving({ kind: "none" }).reason).toBe(`${text} nothing`);
  });

  it("is the first of several answers that decides, the worst one", () => {
    const told = answer({ trades: 1 });
    const several = (...answers: HoleAnswer[]): Verdict =>
      afterAnswers(binance, answers, 0n, NONE, REPAIR_TIMING);
    expect(several(told, answer(behind)).outcome).toBe("behind");
    expect(
      several(told, answer(behind), answer({ unfit: { reason: "bad_id", passes: false } })).outcome,
    ).toBe("unfit");
    expect(several(answer({ unreported: 5n, hasReported: false }), told).outcome).toBe("told");
  });
});

describe("a gap among trades that are no longer kept", () => {
  it("is closed by the next sweep where the venue's candles prove it void", () => {
    const streak = afterProof(true, REPAIR_TIMING);
    expect(streak.state).toBe("repairing");
    expect(streak.nextTryMs).toBeLessThanOrEqual(firstRetryMs);
  });

  it("is tried rarely where they do not: between half the time and all of it", () => {
    const verdict = afterProof(false, REPAIR_TIMING);
    expect(verdict).toMatchObject({ state: "unrepairable", outcome: "expired", consecutive: 1 });
    expect(verdict.reason).toMatch(/^its trades are older than those that are kept, .* has none$/);
    expect(verdict.nextTryMs).toBeGreaterThanOrEqual(3 * HOUR_MS);
    expect(verdict.nextTryMs).toBeLessThanOrEqual(6 * HOUR_MS);
  });
});
