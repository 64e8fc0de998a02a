import type { Candle } from "../domain/candle.js";
import { LIVE_LIMITS } from "./live-limits.js";

/**
 * The candles queued for a room's next frame: of an open candle only its newest state; of a closed
 * one every version, since each closing and revision must be delivered. A version that is not above
 * the last one accepted for its candle is ignored, so that a stale publish cannot win; versions are
 * kept for the `LIVE_LIMITS.roomVersions` candles that changed last.
 */
export class CandleConflation {
  private readonly open = new Map<number, Candle>();
  private closed: Candle[] = [];
  private readonly versions = new Map<number, number>();

  get size(): number {
    return this.open.size + this.closed.length;
  }

  /** False when the version is not newer than the one accepted before. */
  add(candle: Candle): boolean {
    const { openTime, version, closed } = candle;
    const last = this.versions.get(openTime);
    if (last !== undefined && version <= last) return false;
    // Re-inserted at the end: eviction starts with the candle that has not changed for the longest.
    this.versions.delete(openTime);
    this.versions.set(openTime, version);
    if (this.versions.size > LIVE_LIMITS.roomVersions) this.forgetOldest();
    if (closed) {
      this.open.delete(openTime);
      this.closed.push(candle);
    } else {
      this.open.set(openTime, candle);
    }
    return true;
  }

  /** Closed candles in order of arrival, then the open ones; empties the queue. */
  take(): Candle[] {
    const candles = [...this.closed, ...this.open.values()];
    this.closed = [];
    this.open.clear();
    return candles;
  }

  private forgetOldest(): void {
    for (const openTime of this.versions.keys()) {
      this.versions.delete(openTime);
      return;
    }
  }
}
