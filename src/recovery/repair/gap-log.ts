import type { Logger } from "@nestjs/common";
import { plural } from "../../domain/plural.js";
import type {
  DueGap,
  Settled,
  Sweep,
  SweptGaps,
} from "../../persistence/stores/gaps/gap-ledger-store.js";

/** Lines per window; further ones are summed up at its end. */
const MAX_LINES = 5;
const WINDOW_MS = 60_000;

/** Outcomes that block every gap of the venue, and every gap of the market. */
const OF_VENUE: ReadonlySet<string> = new Set(["unreachable", "undelivered"]);
const OF_MARKET: ReadonlySet<string> = new Set(["refused", "failed", "ahead"]);

/** Logs gaps: found, blocked (once, however many attempts fail) and ended, at a limited rate. */
export class GapLog {
  private windowStart = -Infinity;
  private lines = 0;
  private readonly suppressed = new Map<string, number>();
  /** By venue or market: the outcome that blocks it and has been logged. */
  private readonly blocked = new Map<string, string>();

  /** @param now ms of a monotonic clock */
  constructor(
    private readonly logger: Pick<Logger, "log" | "warn">,
    private readonly now = () => performance.now(),
  ) {}

  /** Call it after each sweep, also one that changed nothing. */
  swept({ news }: Pick<Sweep, "news">): void {
    this.endWindow();
    for (const each of news) this.write("log", each.event, sentence(each), each.gaps);
  }

  settled(gap: DueGap, venue: string, { state, outcome, reason }: Settled): void {
    const what = `Gap ${gap.id} of ${gap.market}`;
    const subject = OF_VENUE.has(outcome) ? venue : gap.market;
    const isBlocked = OF_VENUE.has(outcome) || OF_MARKET.has(outcome);
    const isNews = isBlocked && this.blocked.get(subject) !== outcome;
    if (isBlocked) this.blocked.set(subject, outcome);
    else {
      this.blocked.delete(venue);
      this.blocked.delete(gap.market);
    }
    if (state === "unrepairable") {
      if (gap.state !== "unrepairable")
        this.write("warn", state, `${what} is unrepairable: ${reason}`);
    } else if (isNews) this.write("warn", "blocked", `${what} will be retried: ${reason}`);
  }

  /** Logs the sum of the lines left out. */
  close(): void {
    this.windowStart = -Infinity;
    this.endWindow();
  }

  private write(level: "log" | "warn", kind: string, line: string, gaps = 1): void {
    this.endWindow();
    if (this.lines < MAX_LINES) {
      if (this.lines === 0) this.windowStart = this.now();
      this.lines++;
      this.logger[level](line);
    } else this.suppressed.set(kind, (this.suppressed.get(kind) ?? 0) + gaps);
  }

  private endWindow(): void {
    if (this.now() - this.windowStart < WINDOW_MS) return;
    this.lines = 0;
    if (this.suppressed.size === 0) return;
    const parts = [...this.suppressed].map(([kind, gaps]) => `${gaps} ${kind}`);
    const sum = [...this.suppressed.values()].reduce((a, b) => a + b);
    this.suppressed.clear();
    this.logger.log(`… and ${sum} more: ${parts.join(", ")} (gaps, in all markets)`);
  }
}

function sentence(swept: SweptGaps): string {
  const { market, event, ids, fromId, toId, seconds } = swept;
  const gaps = plural(swept.gaps, "gap");
  const place = fromId === toId ? `id ${fromId}` : `ids ${fromId} to ${toId}`;
  const where = `${market}: ${gaps} ${event} (${place})`;
  if (event === "found")
    return `${where}, ${plural(ids, "trade")} missing between ${timeText(swept.after)} and ${timeText(swept.before)}`;
  const limit = swept.gaps === 1 ? "" : "at most ";
  const time = `${limit}${Math.round(seconds)} s after being found`;
  return event === "void"
    ? `${where}: the venue has no trade for ${plural(ids, "id")}; ${time}`
    : `${where}: ${plural(swept.trades, "trade")} came, ${time}`;
}

function timeText(time: number | null): string {
  return time === null ? "an unknown time" : new Date(time).toISOString();
}
