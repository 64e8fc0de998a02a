import { Inject, Injectable, Logger, Optional } from "@nestjs/common";
import { DataSource } from "typeorm";
import { CONFIG, type Config } from "../../config/config.js";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../domain/units.js";
import { Partitions, dayOf } from "./partitions.js";

const RUN_EVERY_MS = HOUR_MS;
/** Ended gaps are kept for these days, and at most so many per market: the newest. */
const ENDED_GAP_DAYS = 90;
const MAX_ENDED_GAPS = 10_000;

/** A horizon that moves by more at once is a jump: of a setting, or of a clock. */
const JUMP_MS = 2 * DAY_MS;

/** Injection token of another time (ms) after which a jump is confirmed. */
const CONFIRM_MS = Symbol("confirm ms");

/**
 * Every hour: creates the next days' tables, deletes gaps that ended long ago and, where RETENTION
 * is set, drops whole days of trades. Candles and coverage stay.
 *
 * What is dropped cannot be taken back, hence no single clock decides: it goes by the lesser of
 * this machine's and the newest market's, and a jump waits until a later run says the same.
 */
@Injectable()
export class Retention {
  private readonly logger = new Logger(Retention.name);
  private timer: NodeJS.Timeout | undefined;
  private confirmation: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  /** A jump that was not believed yet, and when (ms, monotonic). */
  private doubted: { horizon: number; at: number } | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly source: DataSource,
    private readonly partitions: Partitions,
    @Optional()
    @Inject(CONFIRM_MS)
    private readonly confirmMs = 10 * MINUTE_MS,
  ) {}

  start(): void {
    this.run();
    this.timer ??= setInterval(() => this.run(), RUN_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    clearTimeout(this.confirmation);
    await this.running;
  }

  private run(): void {
    this.running = this.running
      .then(() => this.runOnce(Date.now()))
      .catch((error: unknown) => {
        this.logger.warn(`Retention run failed, will retry in 1 h: ${String(error)}`);
      });
  }

  /** `wall` is this machine's clock, epoch ms. */
  async runOnce(wall: number): Promise<void> {
    await this.partitions.ensureAhead(wall);
    await this.deleteEndedGaps(wall);
    if (this.config.retentionMs === undefined) return;
    const [row]: { clock: string | null; horizon: string }[] = await this.source.query(
      "SELECT (SELECT max(clock) FROM market) AS clock, (SELECT time FROM horizon) AS horizon",
    );
    const clock = Number(row?.clock ?? 0);
    // Without a trade there is nothing to drop.
    if (clock === 0) return;
    const horizon = dayOf(Math.min(wall, clock) - this.config.retentionMs);
    if (this.isBelieved(horizon, Number(row?.horizon ?? 0))) await this.advance(horizon);
  }

  private isBelieved(horizon: number, before: number): boolean {
    const { doubted, confirmMs } = this;
    const local = performance.now();
    const isConfirmed =
      doubted !== undefined &&
      local - doubted.at >= confirmMs &&
      Math.abs(horizon - doubted.horizon) <= JUMP_MS;
    if (horizon - before <= JUMP_MS || isConfirmed) {
      this.doubted = undefined;
      return true;
    }
    if (doubted !== undefined && Math.abs(horizon - doubted.horizon) <= JUMP_MS) return false;
    this.doubted = { horizon, at: local };
    this.logger.warn(
      `Trades before ${dayText(horizon)} are to be dropped, until now before ${before === 0 ? "none" : dayText(before)}: done if it is still so in ${confirmMs / MINUTE_MS} min`,
    );
    clearTimeout(this.confirmation);
    // Not waited for at the end: a later run confirms it, too.
    this.confirmation = setTimeout(() => this.run(), confirmMs + 1_000).unref();
    return false;
  }

  /**
   * What they found stays: trades in the coverage, void ids in the market's row. Goes by the lesser
   * of this machine's clock and the database's.
   */
  private async deleteEndedGaps(wall: number): Promise<void> {
    await this.source.query(
      `DELETE FROM gap g USING (
         SELECT id, changed_at, row_number() OVER (PARTITION BY market_id ORDER BY changed_at DESC, id DESC) AS place
         FROM gap WHERE state IN ('repaired', 'void')
       ) ended WHERE g.id = ended.id AND (ended.place > $1 OR ended.changed_at < least(now(), to_timestamp($3)) - $2 * interval '1 day')`,
      [MAX_ENDED_GAPS, ENDED_GAP_DAYS, wall / 1_000],
    );
  }

  /**
   * Drops the days before `horizon` (epoch ms). The horizon row moves first, and waits for running
   * writes, which lock it. From then on older trades are rejected: without their table a duplicate
   * could not be recognised.
   */
  async advance(horizon: number): Promise<void> {
    const days = (await this.partitions.days()).filter((day) => day + DAY_MS <= horizon);
    await this.source.transaction(async (manager) => {
      await manager.query(`UPDATE horizon SET time = $1 WHERE time < $1`, [horizon]);
      await manager.query(`DELETE FROM sparse_id WHERE time < $1`, [horizon]);
      // Dropped ids stay in the coverage, and `dropped` says that they have no trades: verify needs
      // it.
      await manager.query(
        `UPDATE market m SET dropped = m.dropped + d.ids FROM (
           SELECT t.market_id, range_agg(int8range(t.ord, t.ord + t.count)) AS ids FROM trade t WHERE t.time < $1 GROUP BY t.market_id
         ) d WHERE m.id = d.market_id AND m.ids = 'dense'`,
        [horizon],
      );
    });
    for (const day of days) await this.partitions.drop(day);
  }
}

function dayText(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
