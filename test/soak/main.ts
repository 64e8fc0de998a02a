import { cpus, totalmem } from "node:os";
import { soak } from "../support/soak/soak.js";
import { LONG, planOf } from "../support/soak/soak-plan.js";
import { soakTapes } from "../support/soak/soak-tapes.js";

// The long soak. SOAK_SEED repeats a run's plan, SOAK_FROM and SOAK_HOURS select the part of the
// recording to play, SOAK_SPEED its speed, SOAK_SETTLE the seconds that everything may take to be
// right at the end, and SOAK_FAULTS=0 injects no faults.

const number = (name: string, otherwise: number): number => {
  const value = Number(process.env[name] ?? otherwise);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`${name} must be a number`);
};

const seed = number("SOAK_SEED", Math.floor(Math.random() * 1e9));
const HOUR = 3_600_000;
// The last 14 hours of the recording hold its busiest one and its longest hole.
const hours = number("SOAK_HOURS", 14);
const from = number("SOAK_FROM", 22);
const speed = number("SOAK_SPEED", 120);
const withFaults = number("SOAK_FAULTS", 1) !== 0;
const TAIL_MS = 15_000;

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => stopping.abort(new Error("stopped")));

const say = (line: string): void => console.log(line);
const lengthMs = hours * HOUR;
const tapes = soakTapes(from * HOUR, lengthMs);
const plan = withFaults
  ? planOf(
      seed,
      LONG,
      lengthMs / speed - TAIL_MS,
      tapes.map(({ symbol }) => symbol),
    )
  : [];
say(
  `SOAK_SEED=${seed}: ${hours} h of ${tapes.length} markets at ×${speed}, ${plan.length} disturbances`,
);
const begin = Date.now();
const result = await soak({
  tapes,
  speed,
  plan,
  writers: 2,
  clients: 3,
  tailMs: TAIL_MS,
  settleMs: number("SOAK_SETTLE", 600) * 1_000,
  say,
  signal: stopping.signal,
});
const { problems: found, ends, ...figures } = result;
const kinds = plan.flatMap((each) => ("fault" in each ? [each.fault.kind] : []));
const unmet = [...new Set(kinds)].filter((kind) => !(kind in result.felt));
const problems = [
  ...found,
  ...unmet.map((kind) => `${kind}: none of these faults met anything`),
  ...result.limits.map((limit) => `the exchange had to end a connection: ${limit}`),
];
for (const end of ends) say(`A process ended by itself:\n${end}\n`);
const met = Object.values(result.felt).reduce((sum, count) => sum + count, 0);
const trades = tapes.reduce((sum, tape) => sum + tape.trades.length, 0);
const [cpu] = cpus();
say(
  JSON.stringify(
    {
      seed,
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus().length} × ${cpu?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GB`,
      hours,
      speed,
      trades,
      faultsMet: met,
      ...figures,
      endedByThemselves: ends.length,
      minutes: Math.round((Date.now() - begin) / 6_000) / 10,
    },
    null,
    2,
  ),
);
for (const problem of problems) say(`PROBLEM ${problem}`);
say(
  problems.length === 0
    ? `Nothing is missing (SOAK_SEED=${seed})`
    : `${problems.length} problems: SOAK_SEED=${seed} repeats the plan`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
