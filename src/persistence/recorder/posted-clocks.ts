import { Injectable, Logger } from "@nestjs/common";
import { DataSource } from "typeorm";
import { MINUTE_MS } from "../../domain/units.js";
import { Transport } from "../../streaming/transport.js";

const EVERY_MS = 1_000;
/** A post may come this long after the end of its candle, and changes no closed one. */
const GRACE_MS = 2_000;
/** A trade that was posted later than this after it took place is one of an import. */
const LIVE_MS = MINUTE_MS;

/**
 * Markets with a candle that ended before $1, and whose newest trade was posted within $2 ms of its
 * time.
 */
const ENDED = `
  SELECT m.name FROM market m
  WHERE EXISTS (SELECT FROM candle c WHERE c.market_id = m.id AND NOT c.closed AND c.close_time < $1)
    AND (SELECT t.source = 'posted' AND t.received_at - t.time <= $2 FROM trade t
      WHERE t.market_id = m.id AND t.time = m.last_trade ORDER BY t.ord DESC LIMIT 1)
  ORDER BY m.name`;

/**
 * Closes the candles of posted markets, which no feed follows, by this machine's clock: the
 * recorder that a market is assigned to writes its clock records. A market that is imported, whose
 * posts are older than a minute, closes with its next trade.
 */
@Injectable()
export class PostedClocks {
  private readonly logger = new Logger(PostedClocks.name);
  private owns: (market: string) => boolean = () => false;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private hasTrouble = false;
  private readonly closing = new AbortController();

  constructor(
    private readonly source: DataSource,
    private readonly transport: Transport,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => {
      this.running ??= this.run().finally(() => (this.running = undefined));
    }, EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.closing.abort(new Error("the recorder is stopping"));
    await this.running;
  }

  assigned(owns: (market: string) => boolean): void {
    this.owns = owns;
  }

  /** Never rejects. */
  private async run(): Promise<void> {
    const clock = Date.now() - GRACE_MS;
    try {
      const ended: { name: string }[] = await this.source.query(ENDED, [clock, LIVE_MS]);
      const records = ended
        .filter(({ name }) => this.owns(name))
        .map(({ name }) => ({ market: name, clock }));
      await this.transport.produce("trades", records, { signal: this.closing.signal });
      this.hasTrouble = false;
    } catch (error) {
      if (this.closing.signal.aborted) return;
      // A warning only once: the database or the broker may be away for long.
      this.logger[this.hasTrouble ? "debug" : "warn"](
        `Posted markets are not closed, will retry in ${EVERY_MS / 1_000} s: ${String(error)}`,
      );
      this.hasTrouble = true;
    }
  }
}
