import { setTimeout as sleep } from "node:timers/promises";
import type { DataSource } from "typeorm";
import type { Trade } from "../src/domain/trade.js";
import { LaneShare } from "../src/streaming/lane-share.js";
import { Process, until } from "../test/support/app.js";
import {
  type Benchmark,
  type Outcome,
  type Scale,
  medianOf,
  percentOf,
  takeTurns,
} from "./harness/benchmark.js";
import { chunks, generate } from "./harness/generate.js";
import { cpuSeconds } from "./harness/process-figures.js";
import {
  LARGEST_BATCH,
  WRITERS,
  recorderOn,
  requireExact,
  storedTrades,
} from "./writes/recording.js";
import type { BenchDatabase, Servers } from "./harness/servers.js";
import { TradesTopic } from "./kafka/trades-topic.js";

const MARKETS = 20;
/** Trades still to be stored when the recorder is killed, and the maximum stored by then. */
const BEHIND = 1_000_000;
const BEFORE = 200_000;
const LIMIT_MS = 180_000;
const RATE = "rate";
const WRITE = "write, one connection";
const WRITE_ALL = `write, ${WRITERS} connections`;
const RESTART = "after kill -9";

type Figures = Record<string, { unit: string; value: number }>;

export const restart: Benchmark = {
  name: "restart",
  title: "Restart",
  workload:
    "A recorder (the built product, its default settings) is killed with `kill -9` while it consumes, 1 M trades of 20 markets still to write; a new one continues. Rate from its first stored batch to the last, beside the same writes without Kafka and without a kill.",
  chart: RATE,
  run,
};

async function run(servers: Servers, scale: Scale): Promise<Outcome> {
  const behind = scale.smoke ? 30_000 : BEHIND;
  const before = scale.smoke ? 60_000 : BEFORE;
  const topic = await TradesTopic.fill(
    (await servers.broker()).brokers,
    generate(before + behind, MARKETS),
  );
  const withDatabase = async (
    work: (database: BenchDatabase) => Promise<Figures>,
  ): Promise<Figures> => {
    const database = await servers.database();
    return work(database).finally(() => database.close());
  };
  try {
    const rows = await takeTurns(
      [
        ...[WRITE, WRITE_ALL].map((name) => ({
          name,
          kind: "bare" as const,
          run: () =>
            withDatabase(({ source }) =>
              writeSideBySide(source, behind, name === WRITE ? 1 : WRITERS),
            ),
        })),
        {
          name: RESTART,
          kind: "tapeline",
          run: () =>
            withDatabase((database) => killAndRestart(topic, database, { before, behind })),
        },
      ],
      // Each round takes most of a minute.
      { ...scale, runs: Math.min(scale.runs, 2) },
    );
    return outcomeOf(rows);
  } finally {
    await topic.close();
  }
}

/**
 * The product's recorder, markets spread over its lanes as behind a broker, all trades in memory.
 */
async function writeSideBySide(
  source: DataSource,
  count: number,
  writers: number,
): Promise<Figures> {
  const lanes = Array.from({ length: writers }, (): Trade[] => []);
  const share = new LaneShare(writers);
  for (const trade of generate(count, MARKETS)) lanes[share.of(trade.market)]?.push(trade);
  const recorder = recorderOn(source);
  const { signal } = new AbortController();
  const cpu = process.cpuUsage();
  const began = performance.now();
  await Promise.all(
    lanes.map(async (trades) => {
      for (const batch of chunks(trades, LARGEST_BATCH)) await recorder.record(batch, signal);
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  await requireExact(source, count);
  return {
    [RATE]: { unit: "trades/s", value: count / seconds },
    "Node CPU": { unit: "µs a trade", value: (user + system) / count },
  };
}

async function killAndRestart(
  topic: TradesTopic,
  { url, source }: BenchDatabase,
  { before, behind }: { before: number; behind: number },
): Promise<Figures> {
  const settings = { ...topic.settings, DATABASE_URL: url, ROLES: "recorder" };
  const victim = await Process.start(["serve"], settings);
  try {
    await until(
      async () => (await storedTrades(source)) > 0,
      LIMIT_MS,
      () => victim.output,
    );
  } finally {
    await victim.kill();
  }
  // Commits of its last statements must not count for the new recorder.
  await until(() => isQuiet(source), 10_000);
  const stored = await storedTrades(source);
  const all = before + behind;
  if (all - stored < behind) throw new Error(`${stored} were stored before the kill: too many`);

  const began = performance.now();
  const recorder = await Process.start(["serve"], settings);
  try {
    const first = await reached(source, recorder, stored + 1);
    const firstCpu = cpuSeconds(recorder.pid);
    const last = await reached(source, recorder, all);
    const counted = all - first.stored;
    const cpu = cpuSeconds(recorder.pid) - firstCpu;
    await requireExact(source, all);
    return {
      [RATE]: {
        unit: "trades/s",
        value: (counted / (last.at - first.at)) * 1_000,
      },
      "Node CPU": { unit: "µs a trade", value: (cpu * 1e6) / counted },
      "start to first stored batch": {
        unit: "s",
        value: (first.at - began) / 1_000,
      },
    };
  } finally {
    await recorder.stop();
    await topic.forgetReaders();
  }
}

/** When at least this many trades were stored, and the actual number. */
async function reached(
  source: DataSource,
  recorder: Process,
  trades: number,
): Promise<{ at: number; stored: number }> {
  const limit = performance.now() + LIMIT_MS;
  for (;;) {
    const stored = await storedTrades(source);
    const at = performance.now();
    if (stored >= trades) return { at, stored };
    if (!recorder.isRunning || at > limit)
      throw new Error(`${stored} of ${trades} are stored: ${recorder.output}`);
    await sleep(25);
  }
}

/** True when no other connection runs a statement or a transaction. */
async function isQuiet(source: DataSource): Promise<boolean> {
  const rows = await source.query<unknown[]>(
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'",
  );
  return rows.length === 0;
}

function outcomeOf(rows: Outcome["rows"]): Outcome {
  const start = medianOf(rows, RESTART, "start to first stored batch");
  const [alone, kafka] = [WRITE, RESTART].map((name) =>
    medianOf(rows, name, "Node CPU").toFixed(1),
  );
  return {
    rows,
    bars: [
      {
        what: "after kill -9, of the write benchmark's rate",
        value: percentOf(rows, RESTART, WRITE, RATE),
        unit: "%",
        is: "at least",
        limit: 80,
      },
    ],
    notes: [
      `Of the same writes over the ${WRITERS} connections that a recorder has, without Kafka and without a kill: ${Math.round(percentOf(rows, RESTART, WRITE_ALL, RATE))} %.`,
      "After every run each candle was recomputed from the stored trades, and every id was there exactly once.",
      `From a start to the first stored batch: ${start.toFixed(1)} s, most of it the broker's session timeout of 6 s for the killed member.`,
      `Database, recorder and broker share the cores: reading the topic and publishing candles take Node from ${alone} to ${kafka} µs a trade.`,
    ],
  };
}
