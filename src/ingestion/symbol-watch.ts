import type { FeedCondition } from "../domain/feed-state.js";

/**
 * Whether one symbol's silence means anything. Liveness is of the symbol, not of its connection: a venue can go on
 * answering pings, and go on sending other symbols, while one subscription is dead.
 *
 * - Silence counts after 60 s, or after 20 times the symbol's usual distance between trades if that is longer.
 * - Then the venue's REST is asked for the newest trade. Not newer than ours: the market is `quiet`; asked again after
 *   the silence has doubled, at least a minute and at most ten later.
 * - Newer than ours by more than the delay below: the subscription is `stale`, and is made again. Still newer at the
 *   next look, half a minute later: the whole connection is made again.
 * - REST cannot be asked: `stale`, the subscription is made again, and looked at after half a minute.
 */
const SILENCE_MS = 60_000;
const USUAL_GAPS = 20;
const RECHECK_MS = 30_000;
const LONGEST_RECHECK_MS = 600_000;
/** A trade younger than this may still be on its way to us. */
const IN_TRANSIT_MS = 5_000;
/** Weight of the newest distance in the running mean. */
const ALPHA = 0.05;

export type Verdict = "newer" | "same" | "unknown";
export type Remedy = "none" | "resubscribe" | "reconnect";

/** Times are ms of a monotonic clock. */
export class SymbolWatch {
  condition: FeedCondition = "connecting";
  /** Newest raw id held. */
  lastOrd: bigint | undefined;
  private lastTrade: number;
  private usualGap = 0;
  private nextLook = Infinity;
  private attempts = 0;

  constructor(
    now: number,
    private readonly silenceMs = SILENCE_MS,
    private readonly recheckMs = RECHECK_MS,
  ) {
    this.lastTrade = now;
  }

  /** The connection that carries this symbol is there (again); nothing has come over it yet. */
  connected(now: number): void {
    this.condition = "connecting";
    this.lastTrade = now;
    this.attempts = 0;
    this.nextLook = now + this.silenceMs;
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
    if (this.lastOrd === undefined || lastOrd > this.lastOrd)
      this.lastOrd = lastOrd;
    this.condition = "live";
    this.attempts = 0;
    this.nextLook = now + Math.max(this.silenceMs, USUAL_GAPS * this.usualGap);
  }

  /** Whether the venue has to be asked now. */
  isDue(now: number): boolean {
    return now >= this.nextLook;
  }

  /** Whether the newest trade that REST knows should have reached us. `age` is its age in ms by the venue's clock. */
  judge(newest: { lastOrd: bigint } | undefined, age: number): Verdict {
    if (newest === undefined) return "unknown";
    // Without a trade of ours to compare with, one that is older than the silence cannot have been missed.
    if (this.lastOrd === undefined)
      return age > this.silenceMs ? "same" : "newer";
    return newest.lastOrd > this.lastOrd && age > IN_TRANSIT_MS
      ? "newer"
      : "same";
  }

  /** Takes REST's word and says what to do. */
  conclude(verdict: Verdict, now: number): Remedy {
    if (verdict === "same") {
      this.condition = "quiet";
      this.attempts = 0;
      const silence = now - this.lastTrade;
      this.nextLook =
        now + Math.min(LONGEST_RECHECK_MS, Math.max(this.silenceMs, silence));
      return "none";
    }
    this.condition = "stale";
    this.nextLook = now + this.recheckMs;
    this.attempts++;
    if (verdict === "newer" && this.attempts > 1) return "reconnect";
    return "resubscribe";
  }
}
