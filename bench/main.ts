import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { endToEnd, report } from "./end-to-end.js";

const HELP = `npm run bench -- [--smoke] [--trades N] [--runs N]

Measures the way of a trade beside peers in the same run; prints a table and writes .cache/bench/<name>.json.
  --smoke     a small load, once: shows that everything works, measures nothing
  --trades N  trades of each run (default 2,000,000)
  --runs N    counted runs of each contestant (default 3)`;

const { values } = parseArgs({
  options: {
    smoke: { type: "boolean" },
    trades: { type: "string" },
    runs: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help === true) {
  process.stdout.write(`${HELP}\n`);
  process.exit(0);
}
execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
const smoke = values.smoke === true;
const trades = Number(values.trades ?? (smoke ? 60_000 : 2_000_000));
const runs = Number(values.runs ?? (smoke ? 1 : 3));
const result = await endToEnd(trades, runs);
mkdirSync(".cache/bench", { recursive: true });
const machine = {
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  memoryGB: Math.round(totalmem() / 1e9),
  node: process.version,
  date: new Date().toISOString(),
};
writeFileSync(
  ".cache/bench/end-to-end.json",
  JSON.stringify({ machine, ...result }, null, 2),
);
process.stdout.write(`${JSON.stringify(machine)}\n${report(result)}\n`);
process.exit(0);
