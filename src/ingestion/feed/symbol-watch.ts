import type { FeedCondition } from "../../domain/feed-state.js";
import type { NewestTrade } from "../../venues/venue.js";
import { UsualSilence } from "./usual-silence.js";

/**
 * Decides what one symbol's silence means. Liveness is per symbol, not per connection: a venue can
 * answer pings, acknowledge subscriptions and send other symbols while one subscription is dead.
 *
 * - Silence counts after 60 s, or after 20 times the symbol's usual distance between trades if that
 *   is longer; for a symbol that trades often, as soon as it is unusual: three times its longest
 *   silence of the last minutes, at least 5 s.
 * - Then the newest trade is requested from the venue's REST. If none should have come over this
 *   subscription, the market is `quiet`; the next check is when the silence has doubled, 1 to 10
 *   minutes later.
 * - If one may still be on its way, the next check is when it must have arrived.
 * - If one should have come: `stale`, and the subscription is renewed. If one is missed again at
 *   the next check, half a minute later, the whole connection is reopened.
 * - If REST does not answer: `stale`, and the subscription is renewed. Acknowledged and still
 *   silent at the next check: presumably `quiet`, and renewed at every further check. Not
 *   acknowledged: `stale`, and at every third check the whole connection is reopened.
 * - If the venue refuses the subscription: `stale`, and renewed at every check; a new connection
 *   would not help.
 *
 * If a venue's heartbeat reports a trade that has not come, the check is as soon as the trade must
 * have arrived.
 */
const SILENCE_MS = 60_000;
const USUAL_GAPS = 20;
const RECHECK_MS = 30_000;
const MAX_RECHECK_MS = 600_000;
const MAX_UNANSWERED_CHECKS = 3;
/** A trade younger than this may still be on its way to us. */
const IN_TRANSIT_MS = 5_000;
/** Weight of the newest gap in the running mean. */
const GAP_WEIGHT = 0.05;

export type Silence = "missed" | "nothing" | "unsure" | "unknown";
export type Action = "none" | "resubscribe" | "reconnect";

/** The text of each kind of silence for a feed's state. */
export const REASONS: Record<Exclude<Silence, "unsure">, string> = {
  missed: "the venue has newer trades than it sends here",
  nothing: "no trades; the venue has none either",
  unknown: "silent, and the venue's REST does not say why",
};

export interface WatchTiming {
  silenceMs: number;
  recheckMs: number;
  inTransitMs: number;
}

const DEFAULT_TIMING: WatchTiming = {
  silenceMs: SILENCE_MS,
  recheckMs: RECHECK_MS,
  inTransitMs: IN_TRANSIT_MS,
};

/** Local times are ms of a monotonic clock. */
export class SymbolWatch {
  condition: FeedCondition = "connecting";
  /** Newest raw id held. */
  private lastOrd: bigint | undefined;
  /** Newest id that the venue has reported in a heartbeat. */
  private reportedOrd: bigint | undefined;
  private lastTrade: number;
  /** When the current subscription began: earlier trades never came over it. */
  private subscribedAt: number;
  private usualGap = 0;
  private readonly usual = new UsualSilence();
  private nextCheck = Infinity;
  private attempts = 0;
  private isAcknowledged = false;
  private isRefused = false;
  /** REST reported a trade that could still be on its way. */
  private isAwaiting = false;

  constructor(
    now: number,
    private readonly timing: WatchTiming = DEFAULT_TIMING,
  ) {
    this.lastTrade = now;
    this.subscribedAt = now;
  }

  /** The symbol's connection has opened; nothing has come over it yet. */
  connected(now: number): void {
    this.condition = "connecting";
    this.isAwaiting = false;
    this.isRefused = false;
    this.lastTrade = now;
    this.subscribedAt = now;
    this.nextCheck = now + this.timing.silenceMs;
  }

  disconnected(): void {
    this.condition = "down";
    this.nextCheck = Infinity;
  }

  traded(now: number, lastOrd: bigint): void {
    const gap = now - this.lastTrade;
    // A silence of the subscription is none of the market.
    if (this.condition === "live" || this.condition === "quiet") this.usual.add(gap, now);
    this.usualGap = this.usualGap === 0 ? gap : this.usualGap + GAP_WEIGHT * (gap - this.usualGap);
    this.lastTrade = now;
    this.held(lastOrd);
    this.condition = "live";
    this.isAwaiting = false;
    this.attempts = 0;
    const long = Math.max(this.timing.silenceMs, USUAL_GAPS * this.usualGap);
    this.nextCheck = now + Math.min(long, this.usual.unusualMs);
  }

  /**
   * A trade from before the subscription: we hold it, but it does not prove that the subscription
   * works.
   */
  held(lastOrd: bigint): void {
    if (this.lastOrd === undefined || lastOrd > this.lastOrd) this.lastOrd = lastOrd;
  }

  /**
   * A heartbeat reports the venue's newest trade. If newer than ours, it should come within the
   * transit time.
   */
  reported(now: number, lastOrd: bigint): void {
    const known = this.reportedOrd ?? this.lastOrd;
    if (known === undefined || lastOrd <= known || this.condition === "stale") return;
    this.reportedOrd = lastOrd;
    if (this.lastOrd !== undefined && lastOrd > this.lastOrd)
      this.nextCheck = Math.min(this.nextCheck, now + this.timing.inTransitMs);
  }

  /** The venue accepted the latest subscription. */
  acknowledged(): void {
    this.isAcknowledged = true;
  }

  /** The venue refused the latest subscription. */
  refused(now: number): void {
    this.isRefused = true;
    this.condition = "stale";
    this.nextCheck = now + this.timing.silenceMs;
  }

  /** Whether a check with the venue's REST is due. */
  isDue(now: number): boolean {
    return now >= this.nextCheck;
  }

  /**
   * Whether the newest trade of REST should have reached us.
   *
   * @param newest null: REST has none; undefined: it did not answer  @param age of `newest`, ms by
   *   the venue's clock
   */
  judge(newest: NewestTrade | null | undefined, age: number, now: number): Silence {
    if (newest === undefined) return "unknown";
    if (newest === null) return "nothing";
    // Nothing has come since the last check: a trade that was young then is not on its way any
    // more.
    if (this.isAwaiting) return "missed";
    const isHeld = this.lastOrd !== undefined && newest.lastOrd <= this.lastOrd;
    const isBefore = age > now - this.subscribedAt - this.timing.inTransitMs / 2;
    if (isHeld || isBefore) return "nothing";
    return age < this.timing.inTransitMs ? "unsure" : "missed";
  }

  /** Sets the condition by the verdict and returns what to do. */
  conclude(verdict: Silence, now: number): Action {
    if (verdict === "unsure") {
      this.isAwaiting = true;
      this.nextCheck = now + this.timing.inTransitMs;
      return "none";
    }
    this.isAwaiting = false;
    if (this.isRefused) {
      this.nextCheck = now + this.timing.silenceMs;
      return this.resubscribed(now);
    }
    this.attempts++;
    const isQuiet =
      verdict === "nothing" || (verdict === "unknown" && this.attempts > 1 && this.isAcknowledged);
    if (isQuiet) {
      this.condition = "quiet";
      const short = Math.min(this.timing.silenceMs, this.usual.unusualMs);
      const silence = Math.max(short, now - this.lastTrade);
      this.nextCheck = now + Math.min(MAX_RECHECK_MS, silence);
      if (verdict === "nothing") {
        this.attempts = 0;
        return "none";
      }
      return this.resubscribed(now);
    }
    this.condition = "stale";
    this.nextCheck = now + this.timing.recheckMs;
    if (this.attempts < (verdict === "missed" ? 2 : MAX_UNANSWERED_CHECKS))
      return this.resubscribed(now);
    this.attempts = 0;
    return "reconnect";
  }

  private resubscribed(now: number): Action {
    this.subscribedAt = now;
    this.isAcknowledged = false;
    this.isRefused = false;
    return "resubscribe";
  }
}
