import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Logger } from "@nestjs/common";
import type { Benchmark } from "./harness/benchmark.js";
import { calibrate } from "./harness/calibration.js";
import { machine } from "./harness/machine.js";
import { type Report, publish } from "./harness/publish.js";
import { Servers } from "./harness/servers.js";
import { barLines, cellsOf, holds, table } from "./harness/table.js";

/** In run order; each is imported only when selected. */
const BENCHMARKS: Record<string, () => Promise<Benchmark>> = {
  decode: async () => (await import("./decode.js")).decode,
  consume: async () => (await import("./consume.js")).consume,
  write: async () => (await import("./write.js")).write,
  read: async () => (await import("./read.js")).read,
  "end-to-end": async () => (await import("./end-to-end.js")).endToEnd,
  latency: async () => (await import("./latency.js")).latency,
  "fan-out": async () => (await import("./fan-out.js")).fanOut,
  "slow-clients": async () => (await import("./slow-clients.js")).slowClients,
  backfill: async () => (await import("./backfill.js")).backfill,
  restart: async () => (await import("./restart.js")).restart,
  rebuild: async () => (await import("./rebuild.js")).rebuild,
  footprint: async () => (await import("./footprint.js")).footprint,
};
/** Takes long, therefore separate: `npm run bench:growth`. */
const GROWTH = async (): Promise<Benchmark> => (await import("./growth.js")).growth;
const RESULTS = ".cache/bench";

const HELP = `npm run bench -- [options]

Measures the path of a trade beside peers in the same run. Prints a table for each benchmark and writes
${RESULTS}/<name>.json. A run whose result is not exactly right ends it with an error.

  --only NAMES   only these, comma-separated: ${Object.keys(BENCHMARKS).join(", ")}
  --smoke        small loads, once: shows that everything works, measures nothing
  --built        dist/ is up to date: do not build first
  --runs N       measured rounds (default 2, after a warm-up round)
  --growth       instead: 1 to 500 markets, 1 to 50 million trades, 1 to 3 recorders (npm run bench:growth)
  --publish      only puts the newest results into docs/performance.md and its charts
  --help`;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    smoke: { type: "boolean", default: false },
    built: { type: "boolean", default: false },
    runs: { type: "string" },
    growth: { type: "boolean", default: false },
    publish: { type: "boolean", default: false },
    help: { type: "boolean", short: "h" },
  },
});

/** The selected benchmarks, or undefined after an error message. */
function selected(): [string, () => Promise<Benchmark>][] | undefined {
  if (values.growth) return [["growth", GROWTH]];
  const names = values.only?.split(",") ?? Object.keys(BENCHMARKS);
  const unknown = names.filter((name) => BENCHMARKS[name] === undefined);
  if (unknown.length === 0)
    return names.map((name) => [name, BENCHMARKS[name] as () => Promise<Benchmark>]);
  process.stderr.write(
    `--only must be of ${Object.keys(BENCHMARKS).join(", ")}; not ${unknown.join(", ")}\n`,
  );
  return undefined;
}

function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else process.stderr.write(`${text}\n`);
}

async function main(): Promise<number> {
  if (values.help === true) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  if (values.publish) {
    publish(RESULTS);
    return 0;
  }
  const runs = Number(values.runs ?? (values.smoke ? 1 : 2));
  if (!Number.isInteger(runs) || runs < 1 || runs > 100) {
    process.stderr.write(`--runs must be an integer of 1–100, not ${values.runs}\n`);
    return 2;
  }
  const list = selected();
  if (list === undefined) return 2;
  if (!values.built) execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
  mkdirSync(RESULTS, { recursive: true });
  Logger.overrideLogger(["warn", "error", "fatal"]);
  const servers = new Servers();
  let missed = 0;
  try {
    const here = await machine(servers);
    const calibration = await calibrate(servers);
    const { columns, cells } = cellsOf({ rows: [calibration] });
    process.stdout.write(`${JSON.stringify(here)}\n${table(columns, cells)}\n\n`);
    for (const [place, [name, load]] of list.entries()) {
      const { title, workload, chart, run } = await load();
      const began = performance.now();
      const outcome = await run(servers, {
        smoke: values.smoke,
        runs,
        say: (text) => say(`[${place + 1}/${list.length}] ${name}: ${text}`),
      });
      say("");
      const seconds = Math.round((performance.now() - began) / 1_000);
      const report: Report = {
        name,
        title,
        workload,
        chart,
        machine: here,
        calibration,
        runs,
        seconds,
        ...outcome,
      };
      if (!values.smoke)
        writeFileSync(`${RESULTS}/${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
      const shown = cellsOf(outcome);
      process.stdout.write(`${title} (${seconds} s)\n${table(shown.columns, shown.cells)}\n`);
      // A small load does not measure speed.
      if (!values.smoke) {
        process.stdout.write(`${barLines(outcome).join("\n")}\n`);
        missed += outcome.bars.filter((bar) => !holds(bar)).length;
      }
      process.stdout.write(`${outcome.notes.map((note) => `  ${note}\n`).join("")}\n`);
    }
  } finally {
    await servers.close();
  }
  if (missed > 0) process.stdout.write(`${missed} bars were not reached.\n`);
  return 0;
}

process.exit(await main());
