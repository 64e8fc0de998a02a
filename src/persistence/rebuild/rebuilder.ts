import { Injectable, Logger } from "@nestjs/common";
import type { PoolClient } from "pg";
import { DataSource } from "typeorm";
import { type Interval, shapeOf } from "../../domain/interval.js";
import { plural } from "../../domain/plural.js";
import { DAY_MS, MINUTE_MS } from "../../domain/units.js";
import { repeat } from "../../waiting/repeat.js";
import { RecorderFigures } from "../figures/recorder-figures.js";
import { type Unbuilt, UnbuiltStore } from "../stores/unbuilt-store.js";
import { RebuildFigures } from "./rebuild-figures.js";
import { releaseRebuildLock, tryRebuildLock } from "./rebuild-lock.js";
import { MAX_ANNOUNCED, RebuildRun } from "./rebuild-run.js";
import type { StepResult } from "./rebuild-step.js";

const CHECK_EVERY_MS = 5_000;
const LOG_EVERY_MS = MINUTE_MS / 2;

/**
 * Builds, in the background, candles that are missing or lack trades since their interval was not
 * stored, and those that someone wants built again. One process at a time.
 */
@Injectable()
export class Rebuilder {
  private readonly logger = new Logger(Rebuilder.name);
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined;
  private loggedAt = 0;
  /** Market and interval of what cannot be built, once each: many buckets may not. */
  private readonly impossible = new Set<string>();

  constructor(
    private readonly source: DataSource,
    private readonly store: UnbuiltStore,
    private readonly figures: RebuildFigures,
    private readonly recorderFigures: RecorderFigures,
  ) {}

  start(): void {
    this.running ??= repeat(
      CHECK_EVERY_MS,
      this.closing.signal,
      () => this.run(),
      (error) =>
        this.logger.warn(
          `Building candles failed, will go on in ${CHECK_EVERY_MS / 1_000} s: ${String(error)}`,
        ),
    );
  }

  async stop(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  /** Does nothing where another process builds. */
  private async run(): Promise<void> {
    const left = await this.store.left();
    if (left.length === 0) return;
    const runner = this.source.createQueryRunner();
    try {
      const client = (await runner.connect()) as PoolClient;
      if (!(await tryRebuildLock(client))) return;
      try {
        await this.build(client, left);
      } finally {
        await releaseRebuildLock(client);
      }
    } finally {
      await runner.release();
    }
  }

  private async build(client: PoolClient, first: readonly Unbuilt[]): Promise<void> {
    const { signal } = this.closing;
    await this.logBegin(first);
    const begin = performance.now();
    let candles = 0;
    const run = new RebuildRun(
      client,
      (unbuilt, result) => {
        if (result.outcome === "built") candles += result.candles;
        this.count(unbuilt, result);
      },
      MAX_ANNOUNCED,
    );
    let left = first;
    const intervals = new Set(intervalsOf(first));
    while (left.length > 0 && !signal.aborted) {
      for (const interval of intervalsOf(left)) intervals.add(interval);
      this.report(left);
      if (!(await run.pass(left, signal))) break;
      left = await this.store.left();
    }
    if (left.length > 0) return;
    for (const interval of intervals) this.figures.progress.set({ interval }, 1);
    this.logger.log(
      `Built ${plural(candles, "candle")} in ${((performance.now() - begin) / 1_000).toFixed(1)} s: nothing is left to be built`,
    );
  }

  /** Says what is to be done, and what disk it takes where that is much. */
  private async logBegin(left: readonly Unbuilt[]): Promise<void> {
    const markets = new Set(left.map(({ market }) => market));
    const intervals = intervalsOf(left);
    this.logger.log(
      `Building candles of ${intervals.join(", ")} for ${plural(markets.size, "market")}, the newest first: until then they are not served`,
    );
    this.loggedAt = performance.now();
    for (const interval of intervals) {
      const width = shapeOf(interval).width || DAY_MS;
      if (width > MINUTE_MS) continue;
      const { candles, bytes } = await this.store.need(interval, width);
      this.logger.log(
        `Candles of ${interval} will take up to ${(bytes / 1e9).toFixed(2)} GB of disk (at most ${plural(candles, "row")}); "tapeline rebuild --cancel --interval ${interval}" ends it`,
      );
    }
  }

  private count({ market, interval }: Unbuilt, result: StepResult): void {
    const name = `${interval} ${market}`;
    if (result.outcome === "impossible" && !this.impossible.has(name)) {
      this.impossible.add(name);
      this.logger.warn(
        `${interval} candles of ${market} cannot be built as far back as its trades: neither those nor whole candles of a shorter interval are kept`,
      );
    }
    if (result.outcome !== "built") return;
    this.figures.candles.inc({ interval }, result.candles);
    this.figures.stepSeconds.observe(result.lockedMs / 1_000);
    this.recorderFigures.revisions.inc({ reason: "rebuild" }, result.revised);
  }

  private report(left: readonly Unbuilt[]): void {
    const parts = intervalsOf(left).map((interval) => {
      const part = partOf(left.filter((each) => each.interval === interval));
      this.figures.progress.set({ interval }, part);
      return `${interval} ${Math.floor(part * 100)} %`;
    });
    if (performance.now() - this.loggedAt < LOG_EVERY_MS) return;
    this.loggedAt = performance.now();
    this.logger.log(`Building candles: ${parts.join(", ")}`);
  }
}

function intervalsOf(left: readonly Unbuilt[]): Interval[] {
  return [...new Set(left.map(({ interval }) => interval))];
}

function partOf(left: readonly Unbuilt[]): number {
  const sum = (of: "leftMs" | "builtMs"): number => left.reduce((ms, each) => ms + each[of], 0);
  return sum("builtMs") / (sum("builtMs") + sum("leftMs"));
}
