import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DataSource } from "typeorm";
import { readConfig } from "../src/config.js";
import { DEFAULT_INTERVALS } from "../src/domain/interval.js";
import { Metrics } from "../src/metrics.js";
import {
  dataSourceOptions,
  migrate,
  serverDatabase,
} from "../src/persistence/database.js";
import { verify } from "../src/persistence/verify.js";
import { KafkaTransport } from "../src/streaming/kafka-transport.js";
import { Broker } from "../test/support/broker.js";
import { freePort, startPostgres } from "../test/support/postgres.js";
import { createDatabase } from "../test/support/tape.js";
import { chunks, generate } from "./generate.js";
import { cpuSeconds, residentMegabytes } from "./process-figures.js";
import { median, table, thousands } from "./table.js";

const MARKETS = 20;
const PARTITIONS = 2;

interface Run {
  rate: number;
  cpuMicroseconds: number;
  firstMegabytes: number;
  lastMegabytes: number;
}

export interface EndToEndResult {
  trades: number;
  contestants: Record<string, Run[]>;
}

/**
 * Preloaded topic → trades and all intervals in PostgreSQL → touched candles published; broker, database and consumer
 * on the same cores. Contestants take turns. A run whose stored candles differ from their trades throws.
 */
export async function endToEnd(
  trades: number,
  runs: number,
): Promise<EndToEndResult> {
  const broker = await Broker.start();
  const postgres = await startPostgres();
  try {
    const contestants: Record<string, Run[]> = {
      "tapeline, Kafka": [],
      "bare loop": [],
      "tapeline, in-process": [],
    };
    // One round first that does not count: caches, the broker's compiler.
    for (let round = runs > 1 ? -1 : 0; round < runs; round++) {
      for (const [name, results] of Object.entries(contestants)) {
        const run =
          name === "tapeline, in-process"
            ? inProcess(postgres.url, trades)
            : withKafka(name, broker.brokers, postgres.url, trades);
        const result = await run;
        process.stderr.write(
          `${name}: ${thousands(result.rate)} trades/s${round < 0 ? " (not counted)" : ""}\n`,
        );
        if (round >= 0) results.push(result);
      }
    }
    return { trades, contestants };
  } finally {
    await broker.stop();
    await postgres.stop();
  }
}

async function withKafka(
  name: string,
  brokers: string,
  serverUrl: string,
  trades: number,
): Promise<Run> {
  const url = await createDatabase(serverUrl);
  const prefix = `bench-${Math.random().toString(36).slice(2, 8)}.`;
  await preload(brokers, prefix, trades);
  const source = await open(url);
  const child =
    name === "bare loop"
      ? spawn(
          process.execPath,
          ["--import", "tsx", "bench/peers/bare-loop.ts", brokers, prefix, url],
          { stdio: ["ignore", "inherit", "inherit"], detached: true },
        )
      : spawn(process.execPath, ["dist/cli.js", "serve"], {
          stdio: ["ignore", "ignore", "inherit"],
          detached: true,
          env: {
            PATH: process.env["PATH"],
            FEEDS: "",
            PORT: "0",
            LOG_LEVEL: "warn",
            ROLES: "recorder",
            KAFKA_BROKERS: brokers,
            TOPIC_PREFIX: prefix,
            DATABASE_URL: url,
          },
        });
  try {
    return await measure(source, child, trades);
  } finally {
    process.kill(-(child.pid as number), "SIGKILL");
    if (child.exitCode === null && child.signalCode === null)
      await once(child, "exit");
    await check(source, trades);
    await source.destroy();
  }
}

/** From the first stored batch to the last: starting a process is not what is compared. */
async function measure(
  source: DataSource,
  child: ChildProcess,
  trades: number,
): Promise<Run> {
  let first:
    { at: number; stored: number; cpu: number; memory: number } | undefined;
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`a contestant ended with ${child.exitCode}`);
    const [row] = await source.query<[{ stored: number }]>(
      "SELECT coalesce(sum(trades), 0)::integer AS stored FROM market",
    );
    const at = performance.now();
    const pid = child.pid as number;
    if (first === undefined && row.stored > 0)
      first = {
        at,
        stored: row.stored,
        cpu: cpuSeconds(pid),
        memory: residentMegabytes(pid),
      };
    if (row.stored >= trades && first !== undefined) {
      const counted = Math.max(1, trades - first.stored);
      const seconds = Math.max(0.001, (at - first.at) / 1_000);
      return {
        rate: counted / seconds,
        cpuMicroseconds: ((cpuSeconds(pid) - first.cpu) * 1e6) / counted,
        firstMegabytes: first.memory,
        lastMegabytes: residentMegabytes(pid),
      };
    }
    await sleep(25);
  }
}

async function inProcess(serverUrl: string, trades: number): Promise<Run> {
  const url = await createDatabase(serverUrl);
  const child = spawn(
    process.execPath,
    [
      "--import",
      "tsx",
      resolve("bench/in-process-run.ts"),
      String(trades),
      String(MARKETS),
    ],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        PATH: process.env["PATH"],
        FEEDS: "",
        PORT: String(await freePort()),
        LOG_LEVEL: "warn",
        DATABASE_URL: url,
      },
    },
  );
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  await once(child, "exit");
  const line = output.trim().split("\n").at(-1) ?? "";
  const {
    seconds,
    cpuSeconds: cpu,
    memory,
  } = JSON.parse(line) as {
    seconds: number;
    cpuSeconds: number;
    memory: number[];
  };
  const source = await open(url);
  await check(source, trades);
  await source.destroy();
  return {
    rate: trades / seconds,
    cpuMicroseconds: (cpu * 1e6) / trades,
    firstMegabytes: memory[0] ?? 0,
    lastMegabytes: memory.at(-1) ?? 0,
  };
}

async function open(url: string): Promise<DataSource> {
  const database = serverDatabase(url);
  const source = await new DataSource(
    dataSourceOptions(database, 2),
  ).initialize();
  await migrate(source, database);
  return source;
}

async function preload(
  brokers: string,
  prefix: string,
  trades: number,
): Promise<void> {
  const transport = new KafkaTransport(
    readConfig({
      KAFKA_BROKERS: brokers,
      TOPIC_PREFIX: prefix,
      KAFKA_PARTITIONS: String(PARTITIONS),
    }),
    new Metrics(),
  );
  await transport.start();
  try {
    for (const chunk of chunks(generate(trades, MARKETS), 10_000))
      await transport.produce("trades", chunk);
  } finally {
    await transport.close();
  }
}

async function check(source: DataSource, trades: number): Promise<void> {
  let stored = 0n;
  for await (const verdict of verify(source, DEFAULT_INTERVALS)) {
    if (verdict.differences > 0 || verdict.uncoveredIds !== "0")
      throw new Error(`${verdict.market}: ${JSON.stringify(verdict.examples)}`);
    stored += BigInt(verdict.trades);
  }
  if (stored !== BigInt(trades))
    throw new Error(`${stored} of ${trades} trades are stored`);
}

export function report({ contestants, trades }: EndToEndResult): string {
  const bare = median((contestants["bare loop"] ?? []).map(({ rate }) => rate));
  const rows = Object.entries(contestants).map(([name, runs]) => {
    const rates = runs.map(({ rate }) => rate);
    return {
      contestant: name,
      "trades/s (median)": thousands(median(rates)),
      "min – max": `${thousands(Math.min(...rates))} – ${thousands(Math.max(...rates))}`,
      "of bare": `${Math.round((median(rates) / bare) * 100)} %`,
      "CPU µs/trade": median(
        runs.map(({ cpuMicroseconds }) => cpuMicroseconds),
      ).toFixed(1),
      "MB, first → last": runs
        .map(
          ({ firstMegabytes, lastMegabytes }) =>
            `${firstMegabytes} → ${lastMegabytes}`,
        )
        .join(", "),
    };
  });
  return `End to end: ${thousands(trades)} trades of ${MARKETS} markets → trades, ${DEFAULT_INTERVALS.length} intervals, touched candles published\n${table(rows)}`;
}
