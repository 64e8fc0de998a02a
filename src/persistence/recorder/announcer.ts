import { Injectable, Logger } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Candle } from "../../domain/candle.js";
import type { Interval } from "../../domain/interval.js";
import { Transport } from "../../streaming/transport.js";
import { RecorderFigures } from "../figures/recorder-figures.js";
import { CandleStore } from "../stores/candles/candle-store.js";

const SWEEP_EVERY_MS = 1_000;
/**
 * Younger announcements are left to the recorder that wrote them, which is about to publish. Those
 * from the future were dated by a clock that has been set back.
 */
const MIN_AGE_MS = 2_000;
const MAX_SWEEP_ROWS = 2_000;

interface Announcement {
  name: string;
  interval: Interval;
  open_time: string;
  version: number;
}

/**
 * Publishes candles to topic `candles`. Closed ones, and those at the edges of gaps, are published
 * at least once, also across a crash: the write stores an announcement in its transaction, which is
 * deleted only after the broker has the candle.
 */
@Injectable()
export class Announcer {
  private readonly logger = new Logger(Announcer.name);
  private published = new Map<string, Candle>();
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();
  private readonly closing = new AbortController();
  private isStopping = false;

  constructor(
    private readonly source: DataSource,
    private readonly transport: Transport,
    private readonly candles: CandleStore,
    private readonly figures: RecorderFigures,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => {
      this.sweeping = this.sweeping
        .then(() => this.sweep())
        .catch((error: unknown) => {
          if (!this.closing.signal.aborted)
            this.logger.warn(
              `Announcement sweep failed, will retry in ${SWEEP_EVERY_MS / 1_000} s: ${String(error)}`,
            );
        });
    }, SWEEP_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.isStopping = true;
    await this.sweeping;
    await this.deletePublished().catch((error: unknown) =>
      this.logger.warn(
        `Cannot delete announcements, some closed candles will be published again: ${String(error)}`,
      ),
    );
    this.closing.abort();
  }

  /** Resolves once the broker has stored them. */
  async publish(candles: readonly Candle[], signal: AbortSignal): Promise<void> {
    if (candles.length === 0) return;
    await this.transport.produce("candles", candles, { signal });
    for (const candle of candles) {
      this.figures.candles.inc({
        kind: candle.closed ? (candle.revision > 0 ? "revised" : "closed") : "open",
      });
      if (candle.closed) this.markPublished(candle);
    }
  }

  /** The broker has the candle: its announcement can be deleted. */
  private markPublished(candle: Candle): void {
    const { market, interval, openTime } = candle;
    this.published.set(`${market} ${interval} ${openTime}`, candle);
  }

  /** Starts `republish`. A failure is not retried before the next assignment. */
  assigned(owns: (market: string) => boolean): void {
    this.sweeping = this.sweeping
      .then(() => this.republish(owns))
      .catch((error: unknown) =>
        this.logger.warn(
          `Cannot publish current candles after an assignment, will retry after the next one: ${String(error)}`,
        ),
      );
  }

  /**
   * Publishes the current candles of the assigned markets: the previous recorder may have published
   * an older version last.
   */
  private async republish(owns: (market: string) => boolean): Promise<void> {
    const markets: { name: string }[] = await this.source.query(
      `SELECT name FROM market ORDER BY name`,
    );
    for (const { name } of markets) {
      if (owns(name)) await this.publish(await this.candles.current(name), this.closing.signal);
    }
  }

  /** Repeats until none is left: a backfill announces tens of thousands of candles at once. */
  private async sweep(): Promise<void> {
    while ((await this.sweepOnce()) === MAX_SWEEP_ROWS) if (this.isStopping) return;
  }

  private async sweepOnce(): Promise<number> {
    await this.deletePublished();
    const unpublished: Announcement[] = await this.source.query(
      `SELECT m.name, a.interval, a.open_time, a.version FROM announcement a JOIN market m ON m.id = a.market_id
       WHERE NOT a.at BETWEEN now() - $1 * interval '1 millisecond' AND now() + $1 * interval '1 millisecond' ORDER BY a.at LIMIT $2`,
      [MIN_AGE_MS, MAX_SWEEP_ROWS],
    );
    const byMarket = new Map<string, Announcement[]>();
    for (const row of unpublished) byMarket.set(row.name, [...(byMarket.get(row.name) ?? []), row]);
    for (const [market, rows] of byMarket) {
      const keys = rows.map((row) => ({
        interval: row.interval,
        openTime: Number(row.open_time),
      }));
      const candles = await this.candles.exact(market, keys);
      await this.publish(candles, this.closing.signal);
      for (const candle of candles) this.markPublished(candle);
    }
    if (unpublished.length > 0) await this.deletePublished();
    return unpublished.length;
  }

  /** Deletes announcements of published candles, unless the candle has changed again. */
  private async deletePublished(): Promise<void> {
    if (this.published.size === 0) return;
    const published = this.published;
    this.published = new Map();
    const rows = [...published.values()];
    try {
      await this.source.query(
        `DELETE FROM announcement a USING unnest($1::text[], $2::candle_interval[], $3::bigint[], $4::integer[]) AS p (name, interval, open_time, version)
         JOIN market m ON m.name = p.name
         WHERE a.market_id = m.id AND a.interval = p.interval AND a.open_time = p.open_time AND a.version <= p.version`,
        [
          rows.map((row) => row.market),
          rows.map((row) => row.interval),
          rows.map((row) => row.openTime),
          rows.map((row) => row.version),
        ],
      );
    } catch (error) {
      for (const [key, candle] of this.published) published.set(key, candle);
      this.published = published;
      throw error;
    }
  }
}
