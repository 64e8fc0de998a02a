import type { Logger } from "@nestjs/common";
import { plural } from "../domain/plural.js";

const REPEAT_EVERY_MS = 10_000;
/** Texts that are counted separately; all others count as one. */
const MAX_TEXTS = 20;

interface Logged {
  at: number;
  /** Repetitions since then, which were not logged. */
  suppressed: number;
}

/**
 * Logs a repeating failure: the same text every 10 s at most, with its number of repetitions, and
 * once when it is over.
 */
export class TroubleLog {
  private readonly logged = new Map<string, Logged>();
  private times = 0;
  private since = 0;
  /** The end of a failure is logged only if the failure was. */
  private isLogged = false;

  constructor(
    private readonly logger: Pick<Logger, "log" | "warn" | "error">,
    private readonly level: "warn" | "error",
  ) {}

  /** @param text the same for the same failure  @param now monotonic ms */
  failed(text: string, now = performance.now()): void {
    if (this.times++ === 0) this.since = now;
    const key = this.logged.has(text) || this.logged.size < MAX_TEXTS ? text : "others";
    const before = this.logged.get(key);
    if (before !== undefined && now - before.at < REPEAT_EVERY_MS) {
      before.suppressed++;
      return;
    }
    const suppressed = before?.suppressed ?? 0;
    const more = suppressed === 0 ? "" : ` (and ${plural(suppressed, "time")} before this)`;
    this.logger[this.level](text + more);
    this.logged.set(key, { at: now, suppressed: 0 });
    this.isLogged = true;
  }

  /** @param text beginning of the line, such as "Consuming again" */
  over(text: string, now = performance.now()): void {
    if (this.isLogged) {
      const seconds = ((now - this.since) / 1_000).toFixed(1);
      this.logger.log(`${text} after ${plural(this.times, "failure")} in ${seconds} s`);
    }
    this.times = 0;
    this.isLogged = false;
  }
}
