import { MINUTE_MS } from "../../domain/units.js";

const WINDOW_MS = 5 * MINUTE_MS;
/** Fewer gaps do not say what is usual. */
const MIN_GAPS = 200;
const UNUSUAL_TIMES = 3;
/** A shorter silence is never unusual: connections stall for a moment. */
const MIN_UNUSUAL_MS = 5_000;

interface Window {
  begin: number;
  gaps: number;
  longest: number;
}

/** What silence is unusual for one symbol, by its own gaps of the last five to ten minutes. */
export class UsualSilence {
  private current: Window = { begin: -Infinity, gaps: 0, longest: 0 };
  private before = this.current;

  /** @param gap between two trades, ms  @param now monotonic ms */
  add(gap: number, now: number): void {
    if (now - this.current.begin > WINDOW_MS) {
      this.before = this.current;
      this.current = { begin: now, gaps: 0, longest: 0 };
    }
    const { current } = this;
    current.gaps++;
    if (gap > current.longest) current.longest = gap;
  }

  /** From when on a silence is unusual, ms; Infinity for a symbol that trades rarely. */
  get unusualMs(): number {
    const { current, before } = this;
    if (current.gaps + before.gaps < MIN_GAPS) return Infinity;
    return Math.max(MIN_UNUSUAL_MS, UNUSUAL_TIMES * Math.max(current.longest, before.longest));
  }
}
