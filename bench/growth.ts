import type { Benchmark, Outcome, Scale } from "./harness/benchmark.js";
import { growMarkets } from "./growth/markets.js";
import { growRecorders } from "./growth/recorders.js";
import { growStored } from "./growth/stored.js";
import type { Servers } from "./harness/servers.js";

export const growth: Benchmark = {
  name: "growth",
  title: "Growth",
  workload:
    "More markets, more stored trades, more recorders. Trades of 1 to 500 markets; of 20 markets into tables that hold 1 to 50 M; 3 M of a topic with 12 partitions into 1 to 3 recorder processes.",
  chart: "1,000 trades, p99",
  run,
};

async function run(servers: Servers, scale: Scale): Promise<Outcome> {
  const parts: Outcome[] = [];
  for (const grow of [growMarkets, growStored, growRecorders])
    parts.push(await grow(servers, scale));
  return {
    rows: parts.flatMap(({ rows }) => rows),
    bars: parts.flatMap(({ bars }) => bars),
    notes: parts.flatMap(({ notes }) => notes),
  };
}
