import type { DataSource } from "typeorm";
import { INTERVALS } from "../src/domain/interval.js";
import type { Trade } from "../src/domain/trade.js";
import { Metrics } from "../src/metrics/metrics.js";
import { RecorderFigures } from "../src/persistence/figures/recorder-figures.js";
import { MarketRegistry } from "../src/persistence/merge/market-registry.js";
import { Recorder } from "../src/persistence/recorder/recorder.js";
import { Partitions } from "../src/persistence/schema/partitions.js";
import { CandleStore } from "../src/persistence/stores/candles/candle-store.js";
import { StoredIntervals } from "../src/persistence/stores/stored-intervals.js";
import { TradeStore } from "../src/persistence/stores/trade-store.js";
import {
  type Benchmark,
  type Contestant,
  type Outcome,
  type Scale,
  medianOf,
  percentOf,
  quantile,
  takeTurns,
} from "./harness/benchmark.js";
import { chunks, generate } from "./harness/generate.js";
import type { Servers } from "./harness/servers.js";
import { type ReadPage, openPages } from "./peers/typeorm-pages.js";

const MARKETS = 4;
const TRADES = 120_000;
/** Of a market's time between two of its trades: each has a candle of one second for itself. */
const APART_MS = 1_000;
const PAGE = 500;
const PAGES = 400;

const CANDLES = "candles, Tapeline";
const CANDLE_ENTITIES = "candles, TypeORM entities";
const TRADES_OF_OURS = "trades, Tapeline";
const TRADE_ENTITIES = "trades, TypeORM entities";

export const read: Benchmark = {
  name: "read",
  title: "Read",
  workload: `Pages of ${PAGE} one-second candles and of ${PAGE} trades at random places of ${MARKETS} markets with ${(TRADES / MARKETS).toLocaleString("en")} of each, one after the other through the stores. Beside TypeORM's entities of the same rows, which know nothing of coverage.`,
  chart: "rate",
  run,
};

async function run(servers: Servers, scale: Scale): Promise<Outcome> {
  const database = await servers.database();
  const pages = await openPages(database.url);
  try {
    const count = scale.smoke ? MARKETS * PAGE * 2 : TRADES;
    const times = await fill(database.source, count);
    const candles = new CandleStore(database.source);
    const trades = new TradeStore(database.source);
    const contestant = (name: string, kind: Contestant["kind"], page: ReadPage): Contestant => ({
      name,
      kind,
      run: () => timed(page, times, scale.smoke ? 5 : PAGES),
    });
    const rows = await takeTurns(
      [
        contestant(CANDLES, "tapeline", async (market, start, limit) => {
          const query = { market, interval: "1s" as const, start, limit };
          return (await candles.page(query)).length;
        }),
        contestant(CANDLE_ENTITIES, "peer", pages.candles),
        contestant(
          TRADES_OF_OURS,
          "tapeline",
          async (market, start, limit) => (await trades.page({ market, start, limit })).length,
        ),
        contestant(TRADE_ENTITIES, "peer", pages.trades),
      ],
      scale,
    );
    return outcomeOf(rows);
  } finally {
    await pages.close();
    await database.close();
  }
}

/** First and last exchange time (epoch ms) from which a whole page can be read. */
async function fill(source: DataSource, count: number): Promise<{ first: number; last: number }> {
  const recorder = new Recorder(
    source,
    new MarketRegistry(source),
    new Partitions(source),
    new RecorderFigures(new Metrics()),
  );
  // Seconds are not stored unless they are asked for.
  await new StoredIntervals(source).keep(INTERVALS);
  const { signal } = new AbortController();
  let first: number | undefined;
  for (const batch of chunks(generate(count, MARKETS), 5_000)) {
    first ??= (batch[0] as Trade).time;
    const begin = first;
    await recorder.record(
      batch.map((trade): Trade => {
        const place = Number(trade.id) - 1_000_000;
        return { ...trade, time: begin + place * APART_MS };
      }),
      signal,
    );
  }
  await source.query("VACUUM ANALYZE");
  const begin = first ?? 0;
  return { first: begin, last: begin + (count / MARKETS - PAGE) * APART_MS };
}

/** Throws unless every page is full. */
async function timed(
  page: ReadPage,
  { first, last }: { first: number; last: number },
  count: number,
): ReturnType<Contestant["run"]> {
  const taken: number[] = [];
  const began = performance.now();
  for (let index = 0; index < count; index++) {
    // The same places for all: a stride that has no divisor in common with the span.
    const start = first + ((index * 7_919_000) % (last - first));
    const at = performance.now();
    const rows = await page(`bench:M${index % MARKETS}`, start, PAGE);
    taken.push(performance.now() - at);
    if (rows !== PAGE) throw new Error(`${rows} of ${PAGE} rows from ${start}`);
  }
  const seconds = (performance.now() - began) / 1_000;
  return {
    rate: { unit: "rows/s", value: (count * PAGE) / seconds },
    p50: { unit: "ms", value: quantile(taken, 0.5) },
    p99: { unit: "ms", value: quantile(taken, 0.99) },
  };
}

function outcomeOf(rows: Outcome["rows"]): Outcome {
  const part = (own: string, peer: string): string =>
    `${Math.round(percentOf(rows, own, peer, "rate"))} %`;
  return {
    rows,
    bars: [],
    notes: [
      `Candles are read at ${part(CANDLES, CANDLE_ENTITIES)} of the rate of entities, trades at ${part(TRADES_OF_OURS, TRADE_ENTITIES)}; a page of candles takes ${medianOf(rows, CANDLES, "p50").toFixed(1)} ms, of trades ${medianOf(rows, TRADES_OF_OURS, "p50").toFixed(1)} ms.`,
    ],
  };
}
