import type { Logger } from "@nestjs/common";
import { plural } from "../../domain/plural.js";
import type {
  DueGap,
  Settled,
  Sweep,
  SweptGaps,
} from "../../persistence/stores/gap-ledger-store.js";

/** Lines of one stretch of time; what is more is summed up at its end. */
const MAX_LINES = 5;
const STRETCH_MS = 60_000;

/** Outcomes of attempts that are in the way of every gap of the venue, and of every gap of the market. */
const OF_VENUE: ReadonlySet<string> = new Set(["unreachable", "undelivered"]);
const OF_MARKET: ReadonlySet<string> = new Set(["refused", "failed"]);

/** What an operator reads of gaps: found, hindered (once, however often it is tried) and ended; never many lines at once. */
export class GapLog {
  private begun = -Infinity;
  private lines = 0;
  private readonly unlogged = new Map<string, number>();
  /** What hinders a venue or a market, and has been told. */
  private readonly hindered = new Map<string, string>();

  /** @param now ms of a monotonic clock */
  constructor(
    private readonly logger: Pick<Logger, "log" | "warn">,
    private readonly now = () => performance.now(),
  ) {}

  /** After each look at the ledger, also one that changed nothing. */
  swept({ news }: Pick<Sweep, "news">): void {
    this.roll();
    for (const each of news)
      this.tell("log", each.event, sentence(each), each.gaps);
  }

  settled(
    gap: DueGap,
    venue: string,
    { state, outcome, reason }: Settled,
  ): void {
    const what = `Gap ${gap.id} of ${gap.market}`;
    const subject = OF_VENUE.has(outcome) ? venue : gap.market;
    const isHindered = OF_VENUE.has(outcome) || OF_MARKET.has(outcome);
    const isNews = isHindered && this.hindered.get(subject) !== outcome;
    if (isHindered) this.hindered.set(subject, outcome);
    else {
      this.hindered.delete(venue);
      this.hindered.delete(gap.market);
    }
    if (state === "unrepairable") {
      if (gap.state !== "unrepairable")
        this.tell("warn", state, `${what} is unrepairable: ${reason}`);
    } else if (isNews)
      this.tell("warn", "hindered", `${what} is tried again: ${reason}`);
  }

  /** What has been left out is told. */
  close(): void {
    this.begun = -Infinity;
    this.roll();
  }

  private tell(
    level: "log" | "warn",
    kind: string,
    line: string,
    gaps = 1,
  ): void {
    this.roll();
    if (this.lines < MAX_LINES) {
      if (this.lines === 0) this.begun = this.now();
      this.lines++;
      this.logger[level](line);
    } else this.unlogged.set(kind, (this.unlogged.get(kind) ?? 0) + gaps);
  }

  private roll(): void {
    if (this.now() - this.begun < STRETCH_MS) return;
    this.lines = 0;
    if (this.unlogged.size === 0) return;
    const parts = [...this.unlogged].map(([kind, gaps]) => `${gaps} ${kind}`);
    const sum = [...this.unlogged.values()].reduce((a, b) => a + b);
    this.unlogged.clear();
    this.logger.log(
      `… and ${sum} more: ${parts.join(", ")} (gaps, in all markets)`,
    );
  }
}

function sentence(swept: SweptGaps): string {
  const { market, event, ids, fromId, toId, seconds } = swept;
  const gaps = plural(swept.gaps, "gap");
  const place = fromId === toId ? `id ${fromId}` : `ids ${fromId} to ${toId}`;
  const where = `${market}: ${gaps} ${event} (${place})`;
  if (event === "found")
    return `${where}, ${plural(ids, "trade")} missing between ${timeText(swept.after)} and ${timeText(swept.before)}`;
  const most = swept.gaps === 1 ? "" : "at most ";
  const time = `${most}${Math.round(seconds)} s after being found`;
  return event === "void"
    ? `${where}: the venue has no trade for ${plural(ids, "id")}; ${time}`
    : `${where}: ${plural(swept.trades, "trade")} came, ${time}`;
}

function timeText(time: number | null): string {
  return time === null ? "an unknown time" : new Date(time).toISOString();
}
