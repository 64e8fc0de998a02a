import { Injectable, Logger } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Candle } from "../../domain/candle.js";
import type { Interval } from "../../domain/interval.js";
import { RecorderFigures } from "../figures/recorder-figures.js";
import { Transport } from "../../streaming/transport.js";
import { CandleStore } from "../stores/candle-store.js";

const SWEEP_MS = 1_000;
/** Younger announcements are still in the hands of the recorder that wrote them. */
const LEFT_BEHIND_MS = 2_000;
const SWEEP_ROWS = 2_000;

interface Announcement {
  name: string;
  interval: Interval;
  open_time: string;
  version: number;
}

/**
 * Publishes candles to topic `candles`, and closed ones (with those at the edges of gaps) at least once whatever crashes: the write leaves an
 * announcement in its own transaction, which is removed only after the broker has the candle.
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
              `Announcements wait for the next sweep: ${String(error)}`,
            );
        });
    }, SWEEP_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.isStopping = true;
    await this.sweeping;
    await this.forgetPublished().catch((error: unknown) =>
      this.logger.warn(
        `Some closed candles will be announced again: ${String(error)}`,
      ),
    );
    this.closing.abort();
  }

  /** Resolves when the topic has them. */
  async publish(
    candles: readonly Candle[],
    signal: AbortSignal,
  ): Promise<void> {
    if (candles.length === 0) return;
    await this.transport.produce("candles", candles, { signal });
    for (const candle of candles) {
      this.figures.candles.inc({
        kind: candle.closed
          ? candle.revision > 0
            ? "revised"
            : "closed"
          : "open",
      });
      if (candle.closed) this.note(candle);
    }
  }

  /** The topic has it: its announcement can go. */
  private note(candle: Candle): void {
    const { market, interval, openTime } = candle;
    this.published.set(`${market} ${interval} ${openTime}`, candle);
  }

  /** Starts `republish`, which is repeated with the next assignment and by nobody else. */
  assigned(owns: (market: string) => boolean): void {
    this.sweeping = this.sweeping
      .then(() => this.republish(owns))
      .catch((error: unknown) =>
        this.logger.warn(
          `Candles were not published again after an assignment: ${String(error)}`,
        ),
      );
  }

  /** After an assignment: readers may have a stale state that the recorder before us published last. */
  private async republish(owns: (market: string) => boolean): Promise<void> {
    const markets: { name: string }[] = await this.source.query(
      `SELECT name FROM market ORDER BY name`,
    );
    for (const { name } of markets) {
      if (owns(name))
        await this.publish(
          await this.candles.current(name),
          this.closing.signal,
        );
    }
  }

  /** Until none is left behind: a backfill announces candles by the ten thousand. */
  private async sweep(): Promise<void> {
    while ((await this.sweepOnce()) === SWEEP_ROWS) if (this.isStopping) return;
  }

  private async sweepOnce(): Promise<number> {
    await this.forgetPublished();
    const left: Announcement[] = await this.source.query(
      `SELECT m.name, a.interval, a.open_time, a.version FROM announcement a JOIN market m ON m.id = a.market_id
       WHERE a.at < now() - $1 * interval '1 millisecond' ORDER BY a.at LIMIT $2`,
      [LEFT_BEHIND_MS, SWEEP_ROWS],
    );
    const byMarket = new Map<string, Announcement[]>();
    for (const row of left)
      byMarket.set(row.name, [...(byMarket.get(row.name) ?? []), row]);
    for (const [market, rows] of byMarket) {
      const keys = rows.map((row) => ({
        interval: row.interval,
        openTime: Number(row.open_time),
      }));
      const candles = await this.candles.exact(market, keys);
      await this.publish(candles, this.closing.signal);
      for (const candle of candles) this.note(candle);
    }
    if (left.length > 0) await this.forgetPublished();
    return left.length;
  }

  /** Removes the announcements that the topic has, unless the candle has changed again. */
  private async forgetPublished(): Promise<void> {
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
