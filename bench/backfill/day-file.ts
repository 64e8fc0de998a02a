import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Trade } from "../../src/domain/trade.js";
import { DAY_MS } from "../../src/domain/units.js";
import { aggregateLines, writeBulkFile } from "../../test/support/bulk-files.js";

const DAY = Date.UTC(2024, 4, 6);
const LINES = 1_000;
const SYMBOL = "BTCUSDT";
export const MARKET = `binance:${SYMBOL}`;
export const SPAN = { from: DAY, to: DAY + DAY_MS };

/** A day of a busy market, as aggregates of one to three trades; deterministic. */
function* dayOfTrades(count: number): Generator<Trade> {
  let ord = 3_000_000_000;
  for (let index = 0; index < count; index++) {
    const standsFor = 1 + (index % 3);
    yield {
      market: MARKET,
      id: String(2_000_000_000 + index),
      ord: String(ord),
      ids: "dense",
      kind: "aggregated",
      count: standsFor,
      price: `${60_000 + ((index * 7) % 400)}.${1 + (index % 9)}`,
      amount: `0.${11 + ((index * 13) % 8_900)}1`,
      takerSide: (index * 31) % 5 < 2 ? "sell" : "buy",
      time: DAY + Math.floor((index * DAY_MS) / count),
      receivedAt: DAY,
      source: "backfill",
      offBook: false,
    };
    ord += standsFor;
  }
}

/** The exchange's zip under `folder`. */
export async function writeZip(folder: string, count: number): Promise<void> {
  const file = { symbol: SYMBOL, period: "2024-05-06" };
  await writeBulkFile(folder, file, aggregateLines(dayOfTrades(count)));
}

/** The same trades with the columns of table `trade`; returns the path. */
export async function writeCsv(folder: string, count: number, marketId: number): Promise<string> {
  const path = join(folder, "trade.csv");
  await pipeline(Readable.from(rowsOf(count, marketId)), createWriteStream(path));
  return path;
}

function* rowsOf(count: number, marketId: number): Generator<string> {
  let text = "";
  let lines = 0;
  for (const it of dayOfTrades(count)) {
    text += `${marketId},${it.time},${it.id},${it.ord},${it.price},${it.amount},${it.count},${it.takerSide},f,${it.source},${it.receivedAt}\n`;
    if (++lines % LINES === 0) {
      yield text;
      text = "";
    }
  }
  yield text;
}
