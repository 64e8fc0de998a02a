import type { Logger } from "@nestjs/common";
import { plural } from "../domain/plural.js";

const QUIET_MS = 10_000;
/** Distinct texts that are held apart; more of them count as one. */
const MAX_TEXTS = 20;

interface Told {
  at: number;
  /** Since then, without a line. */
  silent: number;
}

/** Lines about a trouble that repeats itself: the same one every 10 s at most, with how often it came, and one when it is over. */
export class TroubleLog {
  private readonly told = new Map<string, Told>();
  private times = 0;
  private since = 0;
  /** Nobody needs to hear of the end of what was not told. */
  private isKnown = false;

  constructor(
    private readonly logger: Pick<Logger, "log" | "warn" | "error">,
    private readonly level: "warn" | "error",
  ) {}

  /** `text` stays the same for the same trouble. `now` is ms of a clock that never goes back. */
  failed(text: string, now = performance.now()): void {
    if (this.times++ === 0) this.since = now;
    const key =
      this.told.has(text) || this.told.size < MAX_TEXTS ? text : "others";
    const before = this.told.get(key);
    if (before !== undefined && now - before.at < QUIET_MS) {
      before.silent++;
      return;
    }
    const silent = before?.silent ?? 0;
    const more =
      silent === 0 ? "" : ` (and ${plural(silent, "time")} before this)`;
    this.logger[this.level](text + more);
    this.told.set(key, { at: now, silent: 0 });
    this.isKnown = true;
  }

  /** `text` begins the line, such as "Consumes again". */
  over(text: string, now = performance.now()): void {
    if (this.isKnown) {
      const seconds = ((now - this.since) / 1_000).toFixed(1);
      this.logger.log(
        `${text} after ${plural(this.times, "failure")} in ${seconds} s`,
      );
    }
    this.times = 0;
    this.isKnown = false;
  }
}
