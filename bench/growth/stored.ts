import pg from "pg";
import { type Bar, type Outcome, type Row, type Scale, medianOf } from "../harness/benchmark.js";
import { generate } from "../harness/generate.js";
import { LARGEST_BATCH, recorderOn, requireExact } from "../writes/recording.js";
import type { Servers } from "../harness/servers.js";
import { stretched } from "../writes/stretched.js";
import { Progress } from "./progress.js";
import { nextBatches, smallWrites, timedRecords } from "./small-writes.js";

const MARKETS = 20;
const MILLION = 1_000_000;
const MILESTONES = [1, 10, 25, 50];
/**
 * 5,000 trades a second of market time become 200: 50 M trades span three days and their tables.
 */
const STRETCH = 25;

/** The same small writes into tables that hold more and more. */
export async function growStored(servers: Servers, scale: Scale): Promise<Outcome> {
  const { smoke } = scale;
  const say = (text: string): void => scale.say(text);
  const [unit, writes] = smoke ? [1_000, 5] : [MILLION, 1_000];
  const max = (MILESTONES.at(-1) as number) * unit;
  const database = await servers.database();
  const { source, url } = database;
  try {
    const recorder = recorderOn(source);
    const trades = stretched(generate(Infinity, MARKETS), STRETCH);
    const progress = new Progress(max, say);
    const rows: Row[] = [];
    let stored = 0;
    for (const milestone of MILESTONES) {
      const step = unit / (smoke ? 1 : 10);
      while (stored < milestone * unit) {
        const count = Math.min(step, milestone * unit - stored);
        await timedRecords(source, recorder, nextBatches(trades, count, LARGEST_BATCH));
        progress.said((stored += count));
      }
      await settle(url);
      const small = await smallWrites(source, recorder, trades, writes);
      stored += writes * 1_000;
      rows.push({
        contestant: nameOf(milestone),
        kind: "tapeline",
        figures: small,
      });
    }
    say(`recomputing the candles of ${stored.toLocaleString("en-US")} trades`);
    await requireExact(source, stored);
    return { rows, bars: [barOf(rows)], notes: notesOf(smoke) };
  } finally {
    await database.close();
  }
}

const nameOf = (milestone: number): string => `${milestone} M stored`;

/**
 * Filling at full speed leaves vacuum and checkpoint work that a feed never accumulates: done
 * before the measurement.
 */
async function settle(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query("VACUUM (ANALYZE)");
    await client.query("CHECKPOINT");
  } finally {
    await client.end();
  }
}

function barOf(rows: Row[]): Bar {
  const p99 = (milestone: number): number => medianOf(rows, nameOf(milestone), "1,000 trades, p99");
  return {
    what: "p99 of a write of 1,000 trades, from 1 M to 50 M stored",
    value: p99(50) / p99(1),
    unit: "×",
    is: "at most",
    limit: 1.5,
  };
}

function notesOf(smoke: boolean): string[] {
  return smoke
    ? []
    : [
        `1 to 50 M stored: ${MARKETS} markets, 200 trades a second of market time in all, three daily tables; 1,000 writes at each point, after VACUUM and CHECKPOINT. At the end every candle was recomputed from its trades.`,
      ];
}
