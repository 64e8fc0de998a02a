import pg from "pg";
import { DEFAULT_FEEDS } from "../../src/config/config.js";
import { DEFAULT_INTERVALS, shapeOf } from "../../src/domain/interval.js";
import { DAY_MS } from "../../src/domain/units.js";
import type { Row, Scale } from "../harness/benchmark.js";
import { chunks, generate } from "../harness/generate.js";
import type { Servers } from "../harness/servers.js";
import { recorderOn, requireExact } from "../writes/recording.js";
import { stretched } from "../writes/stretched.js";

const TRADES = 1_000_000;
const BATCH = 1_000;
const MARKETS = DEFAULT_FEEDS.length;
/**
 * Mean of Binance's BTCUSDT spot on 2024-08-08 and 09, trades a second, each counted by itself. Its
 * live feed joins those of one order, and the other four markets are quieter: five times this is
 * more than the default feeds bring.
 */
const RATE = 28;
/** 5,000 trades a second of market time become five markets' 140. */
const STRETCH = 36;

/** Bytes of the tables and all their indexes, after a checkpoint. */
export async function measureDisk(
  servers: Servers,
  scale: Scale,
): Promise<{ rows: Row[]; notes: string[] }> {
  const trades = scale.smoke ? 10_000 : TRADES;
  scale.say(`disk: storing ${trades.toLocaleString("en-US")} trades`);
  const database = await servers.database();
  const { url, source } = database;
  try {
    const recorder = recorderOn(source);
    const { signal } = new AbortController();
    const stream = stretched(generate(trades, MARKETS), STRETCH);
    for (const batch of chunks(stream, BATCH)) await recorder.record(batch, signal);
    const candles = await requireExact(source, trades);
    const bytes = await sizes(url);
    const figures = {
      trade: (bytes.rows + bytes.indexes) / trades,
      candle: bytes.candles / candles,
    };
    const day = figures.trade * RATE * MARKETS * (DAY_MS / 1_000);
    const candlesDay = figures.candle * candlesADay() * MARKETS;
    return {
      rows: [
        {
          contestant: "disk",
          kind: "tapeline",
          figures: {
            "a trade": { unit: "bytes", samples: [figures.trade] },
            "a candle": { unit: "bytes", samples: [figures.candle] },
            "default feeds, a day": {
              unit: "GB",
              samples: [(day + candlesDay) / 1e9],
            },
          },
        },
      ],
      notes: [
        `A trade: ${Math.round(bytes.rows / trades)} bytes of the row, ${Math.round(bytes.indexes / trades)} of its indexes. A day of candles: ${Math.round(candlesADay())} a market, ${(candlesDay / 1e6).toFixed(1)} MB in all.`,
        `A day of the default feeds is counted with ${RATE} trades a second in each of ${MARKETS} markets, which is BTCUSDT's rate of 2024-08-08/09 with every trade by itself: an upper estimate. PostgreSQL's log of changes takes up to 2 GB more.`,
      ],
    };
  } finally {
    await database.close();
  }
}

async function sizes(url: string): Promise<{ rows: number; indexes: number; candles: number }> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query("VACUUM");
    await client.query("CHECKPOINT");
    const { rows } = await client.query<Record<string, string>>(
      `SELECT sum(pg_table_size(inhrelid)) AS rows, sum(pg_indexes_size(inhrelid)) AS indexes,
         pg_total_relation_size('candle') AS candles FROM pg_inherits WHERE inhparent = 'trade'::regclass`,
    );
    const bytes = (name: string): number => Number(rows[0]?.[name]);
    return {
      rows: bytes("rows"),
      indexes: bytes("indexes"),
      candles: bytes("candles"),
    };
  } finally {
    await client.end();
  }
}

/** Of a market that trades in every minute. */
function candlesADay(): number {
  return DEFAULT_INTERVALS.reduce((sum, interval) => {
    const { width } = shapeOf(interval);
    return sum + (width === 0 ? 1 / 30 : DAY_MS / width);
  }, 0);
}
