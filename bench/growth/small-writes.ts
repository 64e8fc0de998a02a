import type { DataSource } from "typeorm";
import type { Trade } from "../../src/domain/trade.js";
import type { Recorder } from "../../src/persistence/recorder/recorder.js";
import { type Figure, quantile } from "../harness/benchmark.js";
import { type WritingCost, timeWrites } from "../writes/timed-writes.js";

/** Trades of a busy second of live feeds. */
const SMALL_BATCH = 1_000;

/** The next batches of a stream, which can be continued afterwards. */
export function* nextBatches(
  trades: Iterator<Trade>,
  count: number,
  size: number,
): Generator<Trade[]> {
  for (let at = 0; at < count; at += size) {
    const batch: Trade[] = [];
    while (batch.length < Math.min(size, count - at)) batch.push(trades.next().value as Trade);
    yield batch;
  }
}

/** Writes small batches and returns their times in ms. */
export async function smallWrites(
  source: DataSource,
  recorder: Recorder,
  trades: Iterator<Trade>,
  writes: number,
): Promise<Record<string, Figure>> {
  const { latencies } = await timedRecords(
    source,
    recorder,
    nextBatches(trades, writes * SMALL_BATCH, SMALL_BATCH),
  );
  return {
    "1,000 trades, p50": { unit: "ms", samples: [quantile(latencies, 0.5)] },
    "1,000 trades, p99": { unit: "ms", samples: [quantile(latencies, 0.99)] },
  };
}

export function timedRecords(
  source: DataSource,
  recorder: Recorder,
  batches: Iterable<Trade[]>,
): Promise<WritingCost> {
  const { signal } = new AbortController();
  return timeWrites(source, batches, (batch) => recorder.record(batch, signal));
}
