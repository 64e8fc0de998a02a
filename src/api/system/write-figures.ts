import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from "@nestjs/common";
import { RecorderFigures } from "../../persistence/figures/recorder-figures.js";

const SAMPLE_INTERVAL_MS = 5_000;
const SAMPLES = 12;

/** Writes of the last minute, or since the start if the process is younger. */
export interface WriteFigures {
  windowSeconds: number;
  /** Transactions. */
  batches: number;
  tradesPerSecond: number;
  /**
   * Of one transaction, commit included; interpolated within the buckets of the histogram. Null
   * without a batch.
   */
  p50Ms: number | null;
  p99Ms: number | null;
}

/** Cumulative figures as they were at a time (by `performance.now()`). */
export interface WriteSample {
  at: number;
  trades: number;
  /** Batches that took at most so many seconds, ascending; the last has no bound. */
  buckets: { le: number; count: number }[];
}

/** Keeps one minute of samples of the recorder's histogram, which itself counts since the start. */
@Injectable()
export class WriteWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly samples: WriteSample[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly recorder: RecorderFigures) {}

  async onApplicationBootstrap(): Promise<void> {
    this.samples.push(await this.sample());
    this.timer = setInterval(() => {
      void this.sample().then((sample) => {
        this.samples.push(sample);
        if (this.samples.length > SAMPLES) this.samples.shift();
      });
    }, SAMPLE_INTERVAL_MS);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async figures(): Promise<WriteFigures> {
    const now = await this.sample();
    return figuresBetween(this.samples[0] ?? now, now);
  }

  private async sample(): Promise<WriteSample> {
    const [seconds, trades] = await Promise.all([
      this.recorder.writeSeconds.get(),
      this.recorder.trades.get(),
    ]);
    const buckets = seconds.values
      .filter(({ labels }) => labels.le !== undefined)
      .map(({ labels, value }) => ({
        le: labels.le === "+Inf" ? Infinity : Number(labels.le),
        count: value,
      }));
    const stored = trades.values.find(({ labels }) => labels.outcome === "stored");
    return { at: performance.now(), trades: stored?.value ?? 0, buckets };
  }
}

export function figuresBetween(from: WriteSample, to: WriteSample): WriteFigures {
  const seconds = (to.at - from.at) / 1_000;
  const buckets = to.buckets.map(({ le, count }, index) => ({
    le,
    count: count - (from.buckets[index]?.count ?? 0),
  }));
  return {
    windowSeconds: Math.round(seconds),
    batches: buckets.at(-1)?.count ?? 0,
    tradesPerSecond: seconds === 0 ? 0 : tenths((to.trades - from.trades) / seconds),
    p50Ms: quantileMs(buckets, 0.5),
    p99Ms: quantileMs(buckets, 0.99),
  };
}

/**
 * As Prometheus' histogram_quantile: linear within a bucket; the highest bound for values beyond
 * it.
 */
function quantileMs(buckets: WriteSample["buckets"], quantile: number): number | null {
  const rank = (buckets.at(-1)?.count ?? 0) * quantile;
  if (rank === 0) return null;
  let below = { le: 0, count: 0 };
  for (const bucket of buckets) {
    if (bucket.count >= rank) {
      if (bucket.le === Infinity) break;
      const part = (rank - below.count) / (bucket.count - below.count);
      return tenths((below.le + part * (bucket.le - below.le)) * 1_000);
    }
    below = bucket;
  }
  return tenths(below.le * 1_000);
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
