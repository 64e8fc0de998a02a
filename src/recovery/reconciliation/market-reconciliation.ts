import { Logger } from "@nestjs/common";
import type { Candle } from "../../domain/candle.js";
import { type Interval, nextOpenTime, openTimeOf, shapeOf } from "../../domain/interval.js";
import type { Market } from "../../domain/market.js";
import type { TimeRange } from "../../domain/ranges.js";
import { hasCode } from "../../domain/tapeline-error.js";
import { MINUTE_MS } from "../../domain/units.js";
import type { CandleStore } from "../../persistence/stores/candles/candle-store.js";
import type {
  Compared,
  ComparisonStore,
} from "../../persistence/stores/reconciliation/comparison-store.js";
import type { ReconciliationStore } from "../../persistence/stores/reconciliation/reconciliation-store.js";
import type { Transport } from "../../streaming/transport.js";
import type { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { VenueMarket } from "../../venues/venues.js";
import { compareAll } from "./batch.js";
import { type Batch, minuteBatches, samplesOf } from "./plan.js";
import type { ReconciliationFigures } from "./reconciliation-figures.js";
import { refetch } from "./refetch.js";

/** Requests per run: the rest waits for the next one, so that every market gets its turn. */
const MAX_BATCHES = 4;
const MAX_SAMPLES = 8;
/**
 * Candles per run whose trades are fetched again: where more differ, missing trades are not the
 * cause.
 */
const MAX_REFETCHES = 3;
/** Differences per run that are logged one by one. */
const MAX_LOGGED = 3;
/** A venue may publish a candle this late. */
const MAX_LATE_MS = 15 * MINUTE_MS;

export interface ReconciliationTools {
  candles: CandleStore;
  comparisons: ComparisonStore;
  results: ReconciliationStore;
  hosts: VenueHosts;
  transport: Transport;
  figures: ReconciliationFigures;
}

/** Ms. */
interface Times {
  /** From the end of a candle to its comparison. */
  after: number;
  /** How far back candles are compared. */
  back: number;
  /** From a difference to its second comparison. */
  recheck: number;
  /** The longest transaction: a change may have begun this long before it became visible. */
  transaction: number;
}

/**
 * Compares one market's closed candles with the venue's own: every minute, and samples of the
 * longer intervals.
 */
export class MarketReconciliation {
  private readonly logger = new Logger("Reconciliation");
  /** Time of the last search for changes of compared candles, as the database wrote it. */
  private since: { at: string; local: number } | undefined;
  private refetches = 0;

  constructor(
    private readonly followed: VenueMarket,
    private readonly intervals: readonly Interval[],
    private readonly tools: ReconciliationTools,
    private readonly times: Times,
  ) {}

  get name(): Market {
    return this.followed.market;
  }

  /**
   * Resolves to true when more is due than one run does. Rejects with a VenueError when a request
   * fails.
   */
  async runOnce(now: number, signal: AbortSignal): Promise<boolean> {
    const { market } = this.followed;
    const { comparisons, results, figures } = this.tools;
    const reach = await comparisons.reach(market);
    if (reach === undefined) return false;
    const to = Math.min(now - this.times.after, reach.clock);
    const window = {
      from: Math.max(now - this.times.back, reach.firstTrade),
      to: openTimeOf("1m", to),
    };
    this.refetches = 0;
    const local = performance.now();
    const last = this.since && { at: this.since.at, ms: Math.ceil(local - this.since.local) };
    const since = await comparisons.reopen(market, window.from, last, this.times);
    const batches = await this.minutes(window, now);
    const samples = await this.samples(window, reach.firstTrade, now);
    for (const batch of batches.slice(0, MAX_BATCHES))
      await this.compare("1m", batch, reach.firstTrade, since, now, signal);
    for (const { interval, ...batch } of samples.slice(0, MAX_SAMPLES))
      await this.compare(interval, batch, reach.firstTrade, since, now, signal);
    // Only after all batches: a failed run searches for the same changes again.
    this.since = { at: since, local };
    const ratio = await results.ratio(market, now);
    if (ratio !== undefined) figures.matchRatio.set({ market }, ratio);
    return batches.length > MAX_BATCHES || samples.length > MAX_SAMPLES;
  }

  /** Call it when this process no longer claims the market. */
  release(): void {
    this.since = undefined;
    this.tools.figures.matchRatio.remove({ market: this.followed.market });
  }

  private async minutes({ from, to }: TimeRange, now: number): Promise<Batch[]> {
    const { market, venue } = this.followed;
    const first = Math.max(openTimeOf("1m", from), this.servedFrom("1m", now));
    if (first >= to) return [];
    const due = await this.tools.comparisons.due(market, "1m", {
      from: first,
      to,
    });
    return minuteBatches(due, venue.klines.maxPerRequest - 1);
  }

  private async samples(
    window: TimeRange,
    firstTrade: number,
    now: number,
  ): Promise<(Batch & { interval: Interval })[]> {
    const { market, venue } = this.followed;
    const offered = this.intervals.filter(
      (interval) =>
        shapeOf(interval).width !== MINUTE_MS && venue.klines.intervals[interval] !== undefined,
    );
    const samples = samplesOf(market, offered, window, firstTrade).filter(
      ({ interval, openTime }) => openTime >= this.servedFrom(interval, now),
    );
    const known = await this.tools.comparisons.among(market, samples);
    return samples
      .filter(({ interval, openTime }) => !known.has(`${interval} ${openTime}`))
      .map(({ interval, openTime }) => ({
        interval,
        start: openTime,
        end: nextOpenTime(interval, openTime),
        due: [openTime],
      }));
  }

  /** Open time of the oldest candle that the venue serves together with the one before it. */
  private servedFrom(interval: Interval, now: number): number {
    const { newest } = this.followed.venue.klines;
    const { width } = shapeOf(interval);
    if (newest === undefined || width === 0) return 0;
    return openTimeOf(interval, now) - (newest - 2) * width;
  }

  private async compare(
    interval: Interval,
    { start, end, due }: Batch,
    firstTrade: number,
    since: string,
    now: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { market, symbol, venue } = this.followed;
    const { candles, comparisons, hosts, figures } = this.tools;
    const before = openTimeOf(interval, start - 1);
    const request = venue.klines.fetch(symbol, interval, before, end);
    if (request === undefined || !(await this.isBuilt(interval, before, end))) return;
    const theirs = await hosts.fetch(venue, request, "reconciliation", signal);
    const ours = await candles.filled({
      market,
      interval,
      start: before,
      // Including the one after: an empty bucket is proven by its neighbours.
      limit: Math.round((end - before) / (shapeOf(interval).width || end - start)) + 1,
    });
    const unwatched =
      venue.ids === "dense" ? [] : await comparisons.unwatched(market, { from: start, to: end });
    const begin = openTimeOf(interval, firstTrade);
    const compared = compareAll(venue, interval, due, ours, theirs, unwatched, begin).filter(
      ({ outcome, openTime }) =>
        outcome !== "missing_there" || now - nextOpenTime(interval, openTime) > MAX_LATE_MS,
    );
    for (const { outcome } of compared) figures.candlesCompared.inc({ venue: venue.name, outcome });
    const news = await comparisons.keep(market, interval, compared, since);
    const byTime = new Map(compared.map((one) => [one.openTime, one]));
    const inState = (state: string): Compared[] =>
      news.flatMap((one) => (one.state === state ? (byTime.get(one.openTime) ?? []) : []));
    this.report(interval, inState("confirmed"));
    if (interval !== "1m") return;
    const own = new Map(ours.map((candle) => [candle.openTime, candle]));
    for (const { openTime, outcome, complete } of inState("suspected"))
      if (outcome === "differs" && complete === true) await this.refetch(own.get(openTime), signal);
  }

  /** What is not built yet is compared in a later run. */
  private async isBuilt(interval: Interval, from: number, to: number): Promise<boolean> {
    try {
      await this.tools.candles.requireBuilt(this.followed.market, interval, { from, to });
      return true;
    } catch (error) {
      if (hasCode(error, "not_built")) return false;
      throw error;
    }
  }

  private async refetch(candle: Candle | undefined, signal: AbortSignal): Promise<void> {
    if (candle === undefined || this.refetches >= MAX_REFETCHES) return;
    this.refetches++;
    const { hosts, transport, figures } = this.tools;
    const fetched = await refetch(this.followed, candle, hosts, transport, signal);
    if (fetched === undefined) return;
    figures.candlesRefetched.inc({ venue: this.followed.venue.name });
    this.logger.log(
      `${nameOf(candle.market, candle.interval, candle.openTime)} differs from the venue's: its ${fetched} trades were fetched again`,
    );
  }

  /**
   * Counts confirmed differences and logs the unexplained ones: the others are explained by a gap.
   */
  private report(interval: Interval, confirmed: readonly Compared[]): void {
    const { market, venue } = this.followed;
    for (const { complete } of confirmed)
      this.tools.figures.differencesConfirmed.inc({
        venue: venue.name,
        cause: complete === false ? "incomplete" : "unexplained",
      });
    const unexplained = confirmed.filter(({ complete }) => complete !== false);
    for (const { openTime, outcome, fields } of unexplained.slice(0, MAX_LOGGED)) {
      const values = fields
        .filter(({ judged }) => judged)
        .map(({ field, ours, theirs }) => `${field} ${ours} / ${theirs}`);
      this.logger.warn(
        `${nameOf(market, interval, openTime)} differs from the venue's (${outcome}) and no missing trade is known; ours / theirs: ${values.join(", ")}`,
      );
    }
    const more = unexplained.length - MAX_LOGGED;
    if (more > 0)
      this.logger.warn(
        `${more} other candles of ${market} differ from the venue's: GET /api/v1/markets/${market}/reconciliation`,
      );
  }
}

function nameOf(market: string, interval: Interval, openTime: number): string {
  return `${market} ${interval} ${new Date(openTime).toISOString().slice(0, 16)}Z`;
}
