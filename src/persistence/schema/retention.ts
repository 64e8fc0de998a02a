import { Inject, Injectable, Logger } from "@nestjs/common";
import { DataSource } from "typeorm";
import { CONFIG, type Config } from "../../config/config.js";
import { DAY_MS, HOUR_MS } from "../../domain/units.js";
import { Partitions, dayOf } from "./partitions.js";

const RUN_EVERY_MS = HOUR_MS;
/** Ended gaps are kept for these days, and at most so many per market: the newest. */
const ENDED_GAP_DAYS = 90;
const MAX_ENDED_GAPS = 10_000;

/**
 * Every hour: creates the next days' tables, deletes gaps that ended long ago and, where RETENTION
 * is set, drops whole days of trades. Candles and coverage stay.
 */
@Injectable()
export class Retention {
  private readonly logger = new Logger(Retention.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly source: DataSource,
    private readonly partitions: Partitions,
  ) {}

  start(): void {
    const run = (): void => {
      this.running = this.running
        .then(() => this.runOnce(Date.now()))
        .catch((error: unknown) => {
          this.logger.warn(`Retention run failed, will retry in 1 h: ${String(error)}`);
        });
    };
    run();
    this.timer ??= setInterval(run, RUN_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** `now` is the wall clock, epoch ms. */
  async runOnce(now: number): Promise<void> {
    await this.partitions.ensureAhead(now);
    await this.deleteEndedGaps();
    if (this.config.retentionMs === undefined) return;
    await this.advance(dayOf(now - this.config.retentionMs));
  }

  /** What they found stays: trades in the coverage, void ids in the market's row. */
  private async deleteEndedGaps(): Promise<void> {
    await this.source.query(
      `DELETE FROM gap g USING (
         SELECT id, changed_at, row_number() OVER (PARTITION BY market_id ORDER BY changed_at DESC, id DESC) AS place
         FROM gap WHERE state IN ('repaired', 'void')
       ) ended WHERE g.id = ended.id AND (ended.place > $1 OR ended.changed_at < now() - $2 * interval '1 day')`,
      [MAX_ENDED_GAPS, ENDED_GAP_DAYS],
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
