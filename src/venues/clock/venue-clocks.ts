import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from "@nestjs/common";
import type { VenueClockState } from "../../domain/feed-state.js";
import { MAX_AHEAD_MS } from "../../domain/trade.js";
import { DAY_MS } from "../../domain/units.js";
import { ClockFigures } from "./clock-figures.js";
import { VenueClock } from "./venue-clock.js";

const CHECK_EVERY_MS = 10_000;
/** Between two lines of one kind about one venue: the rest is only counted. */
const SAY_EVERY_MS = 60_000;
/** From this on an operator is told, and again when it has changed by as much. */
const WARN_SKEW_MS = 2_000;

interface Known {
  clock: VenueClock;
  jumps: number;
  doubted: number;
}

/** The venues' clocks, as messages of their streams and answers of their REST tell them. */
@Injectable()
export class VenueClocks implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger("Clocks");
  private readonly clocks = new Map<string, Known>();
  /** Skew (ms) of the last warning about each venue. */
  private readonly warned = new Map<string, number>();
  private readonly saidAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly figures: ClockFigures) {}

  onModuleInit(): void {
    this.timer = setInterval(() => this.check(), CHECK_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  of(venue: string): VenueClock {
    const known = this.clocks.get(venue);
    if (known !== undefined) return known.clock;
    const clock = new VenueClock({
      jumped: (ms, source) => {
        made.jumps++;
        this.figures.jumps.inc({ venue, outcome: "confirmed" });
        this.say(
          `${venue} confirmed`,
          `The clock of ${venue} went ahead by ${seconds(ms)}: a message of ${source} confirmed it`,
        );
      },
      doubted: (ms, source) => {
        made.doubted++;
        this.figures.jumps.inc({ venue, outcome: "doubted" });
        this.say(
          `${venue} doubted`,
          `A message of ${source} is ${seconds(ms)} ahead of the clock of ${venue}: not believed unless another confirms it`,
        );
      },
    });
    const made: Known = { clock, jumps: 0, doubted: 0 };
    this.clocks.set(venue, made);
    return clock;
  }

  /** The venue's clock, epoch ms; ours while it is not known. */
  now(venue: string): number {
    return this.known(venue) ?? Date.now();
  }

  /**
   * The newest exchange time (epoch ms) that is plausible: by the later of the venue's clock and
   * ours. Either may be wrong for a while, and a trade that is refused is lost; one that is stored
   * closes nothing before a second message confirms it. While the venue's clock is not known, only
   * nonsense is refused.
   */
  latest(venue: string): number {
    const now = this.known(venue);
    return now === undefined ? Date.now() + DAY_MS : Math.max(now, Date.now()) + MAX_AHEAD_MS;
  }

  /** Null for a venue without messages. */
  stateOf(venue: string): VenueClockState | null {
    const known = this.clocks.get(venue);
    if (known === undefined) return null;
    const { jumps, doubted } = known;
    return { skewMs: this.skewMs(venue), jumps, doubted };
  }

  private skewMs(venue: string): number | null {
    const now = this.known(venue);
    return now === undefined ? null : now - Date.now();
  }

  /** The venue's clock, epoch ms; undefined before the second message. */
  known(venue: string): number | undefined {
    return this.clocks.get(venue)?.clock.now(performance.now());
  }

  private say(kind: string, line: string): void {
    const now = performance.now();
    if (now - (this.saidAt.get(kind) ?? -Infinity) < SAY_EVERY_MS) return;
    this.saidAt.set(kind, now);
    this.logger.warn(line);
  }

  private check(): void {
    for (const venue of this.clocks.keys()) {
      const skewMs = this.skewMs(venue);
      if (skewMs === null) continue;
      this.figures.skew.set({ venue }, skewMs / 1_000);
      const isNews = Math.abs(skewMs - (this.warned.get(venue) ?? Infinity)) >= WARN_SKEW_MS;
      if (Math.abs(skewMs) >= WARN_SKEW_MS && isNews) {
        this.warned.set(venue, skewMs);
        this.logger.warn(
          `The clock of this machine is ${seconds(skewMs)} ${skewMs > 0 ? "behind" : "ahead of"} that of ${venue}`,
        );
      } else if (Math.abs(skewMs) < WARN_SKEW_MS / 2 && this.warned.delete(venue))
        this.logger.log(`The clock of this machine is that of ${venue} again`);
    }
  }
}

function seconds(ms: number): string {
  return `${(Math.abs(ms) / 1_000).toFixed(1)} s`;
}
