import type { FeedCondition } from "../../domain/feed-state.js";
import type { NewestTrade } from "../../venues/venue.js";

/**
 * Whether one symbol's silence means anything. Liveness is of the symbol, not of its connection: a venue can go on
 * answering pings, acknowledge subscriptions and send other symbols, while one subscription is dead.
 *
 * - Silence counts after 60 s, or after 20 times the symbol's usual distance between trades if that is longer.
 * - Then the venue's REST is asked for the newest trade. None that should have come over this subscription: the market is
 *   `quiet`; it is asked again when the silence has doubled, at least a minute and at most ten later.
 * - One that may still be on its way: looked at again when it must have come.
 * - One that should have come: `stale`, the subscription is made again. Missed one again at the next look, half a
 *   minute later: the whole connection is made again.
 * - REST does not answer: `stale`, the subscription is made again. Acknowledged and still silent at the next look:
 *   `quiet`, as far as anybody can tell, and made again at every further look. Not acknowledged: `stale`, and from the
 *   third look on the whole connection is made again.
 * - The venue refuses the subscription: `stale`, and made again at every look; another connection would not help.
 *
 * Where a venue's heartbeat tells of a trade that has not come, the look is as soon as the trade must have come.
 */
const SILENCE_MS = 60_000;
const USUAL_GAPS = 20;
const RECHECK_MS = 30_000;
const MAX_RECHECK_MS = 600_000;
const UNANSWERED_LOOKS = 3;
/** A trade younger than this may still be on its way to us. */
const IN_TRANSIT_MS = 5_000;
/** Weight of the newest distance in the running mean. */
const ALPHA = 0.05;

export type Silence = "missed" | "nothing" | "unsure" | "unknown";
export type Remedy = "none" | "resubscribe" | "reconnect";

/** What each kind of silence means, for a person. */
export const SILENT: Record<Exclude<Silence, "unsure">, string> = {
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
  /** Newest id that the venue told of besides. */
  private reportedOrd: bigint | undefined;
  private lastTrade: number;
  /** When the present subscription began: what was traded before never came over it. */
  private subscribedAt: number;
  private usualGap = 0;
  private nextLook = Infinity;
  private attempts = 0;
  private isAcknowledged = false;
  private isRefused = false;
  /** The venue told of a trade that could still be on its way. */
  private isAwaiting = false;

  constructor(
    now: number,
    private readonly timing: WatchTiming = DEFAULT_TIMING,
  ) {
    this.lastTrade = now;
    this.subscribedAt = now;
  }

  /** The connection that carries this symbol is there (again); nothing has come over it yet. */
  connected(now: number): void {
    this.condition = "connecting";
    this.isAwaiting = false;
    this.isRefused = false;
    this.lastTrade = now;
    this.subscribedAt = now;
    this.nextLook = now + this.timing.silenceMs;
  }

  disconnected(): void {
    this.condition = "down";
    this.nextLook = Infinity;
  }

  traded(now: number, lastOrd: bigint): void {
    const gap = now - this.lastTrade;
    this.usualGap =
      this.usualGap === 0 ? gap : this.usualGap + ALPHA * (gap - this.usualGap);
    this.lastTrade = now;
    this.held(lastOrd);
    this.condition = "live";
    this.isAwaiting = false;
    this.attempts = 0;
    this.nextLook =
      now + Math.max(this.timing.silenceMs, USUAL_GAPS * this.usualGap);
  }

  /** A trade of before the subscription has come: held, but no sign of life. */
  held(lastOrd: bigint): void {
    if (this.lastOrd === undefined || lastOrd > this.lastOrd)
      this.lastOrd = lastOrd;
  }

  /** The venue says that this is its newest trade. Behind the first one we hold, it should have come, or is coming. */
  told(now: number, lastOrd: bigint): void {
    const known = this.reportedOrd ?? this.lastOrd;
    if (known === undefined || lastOrd <= known || this.condition === "stale")
      return;
    this.reportedOrd = lastOrd;
    if (this.lastOrd !== undefined && lastOrd > this.lastOrd)
      this.nextLook = Math.min(this.nextLook, now + this.timing.inTransitMs);
  }

  /** The venue agreed to the subscription made last. */
  acknowledged(): void {
    this.isAcknowledged = true;
  }

  /** The venue does not agree to the subscription made last. */
  refused(now: number): void {
    this.isRefused = true;
    this.condition = "stale";
    this.nextLook = now + this.timing.silenceMs;
  }

  /** Whether the venue has to be asked now. */
  isDue(now: number): boolean {
    return now >= this.nextLook;
  }

  /**
   * Whether the newest trade that REST knows should have reached us; null: it knows of none. `age` is its age in ms by the
   * venue's clock.
   */
  judge(
    newest: NewestTrade | null | undefined,
    age: number,
    now: number,
  ): Silence {
    if (newest === undefined) return "unknown";
    if (newest === null) return "nothing";
    // Nothing has come since the last look: a trade that was young then is none of those on their way now.
    if (this.isAwaiting) return "missed";
    const isHeld = this.lastOrd !== undefined && newest.lastOrd <= this.lastOrd;
    const isBefore =
      age > now - this.subscribedAt - this.timing.inTransitMs / 2;
    if (isHeld || isBefore) return "nothing";
    return age < this.timing.inTransitMs ? "unsure" : "missed";
  }

  /** Takes REST's word and says what to do. */
  conclude(verdict: Silence, now: number): Remedy {
    if (verdict === "unsure") {
      this.isAwaiting = true;
      this.nextLook = now + this.timing.inTransitMs;
      return "none";
    }
    this.isAwaiting = false;
    if (this.isRefused) {
      this.nextLook = now + this.timing.silenceMs;
      return this.resubscribed(now);
    }
    this.attempts++;
    const isQuiet =
      verdict === "nothing" ||
      (verdict === "unknown" && this.attempts > 1 && this.isAcknowledged);
    if (isQuiet) {
      this.condition = "quiet";
      const silence = Math.max(this.timing.silenceMs, now - this.lastTrade);
      this.nextLook = now + Math.min(MAX_RECHECK_MS, silence);
      if (verdict === "nothing") {
        this.attempts = 0;
        return "none";
      }
      return this.resubscribed(now);
    }
    this.condition = "stale";
    this.nextLook = now + this.timing.recheckMs;
    if (this.attempts < (verdict === "missed" ? 2 : UNANSWERED_LOOKS))
      return this.resubscribed(now);
    this.attempts = 0;
    return "reconnect";
  }

  private resubscribed(now: number): Remedy {
    this.subscribedAt = now;
    this.isAcknowledged = false;
    this.isRefused = false;
    return "resubscribe";
  }
}
