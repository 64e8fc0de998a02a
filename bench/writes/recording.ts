import type { DataSource } from "typeorm";
import { readConfig } from "../../src/config/config.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { RecorderFigures } from "../../src/persistence/figures/recorder-figures.js";
import { MarketRegistry } from "../../src/persistence/merge/market-registry.js";
import { verify } from "../../src/persistence/merge/verify.js";
import { Recorder } from "../../src/persistence/recorder/recorder.js";
import { Partitions } from "../../src/persistence/schema/partitions.js";

/** Maximum batch of a recorder: the product's default. */
export const { maxBatch: LARGEST_BATCH, writers: WRITERS } = readConfig({});

/** The product's own, with its default intervals. */
export function recorderOn(source: DataSource): Recorder {
  return new Recorder(
    source,
    new MarketRegistry(source),
    new Partitions(source),
    new RecorderFigures(new Metrics()),
  );
}

/** Raw trades that are stored, as the markets count them. */
export async function storedTrades(source: DataSource): Promise<number> {
  const [row] = await source.query<[{ stored: string }]>(
    "SELECT coalesce(sum(trades), 0) AS stored FROM market",
  );
  return Number(row.stored);
}

/**
 * Throws unless exactly `trades` trades are stored, without a gap, and every candle matches them.
 * Returns the number of candles.
 */
export async function requireExact(source: DataSource, trades: number): Promise<number> {
  let stored = 0n;
  let candles = 0;
  for await (const verdict of verify(source)) {
    const { market, differences, uncoveredIds, examples } = verdict;
    if (differences > 0 || uncoveredIds !== "0")
      throw new Error(
        `${market}: ${differences} candles differ, ${uncoveredIds} ids are uncovered: ${JSON.stringify(examples.slice(0, 2))}`,
      );
    stored += BigInt(verdict.trades);
    candles += verdict.candles;
  }
  if (stored !== BigInt(trades)) throw new Error(`${stored} of ${trades} trades are stored`);
  return candles;
}
