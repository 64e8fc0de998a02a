import {
  type Benchmark,
  type Outcome,
  type Row,
  type Scale,
  medianOf,
} from "./harness/benchmark.js";
import { measureDisk } from "./footprint/disk.js";
import { measureIdle } from "./footprint/idle.js";
import { FIRST_CANDLE, measureStarts } from "./footprint/start.js";
import type { Servers } from "./harness/servers.js";

export const footprint: Benchmark = {
  name: "footprint",
  title: "At rest",
  workload:
    "What `npm start` costs without servers: an exchange on the loopback, the embedded database, five markets. Starting, being idle (a trade a market every 3 s), and the disk.",
  chart: "memory",
  run,
};

async function run(servers: Servers, scale: Scale): Promise<Outcome> {
  const starts = await measureStarts(scale);
  const idle = await measureIdle(scale);
  const disk = await measureDisk(servers, scale);
  const rows: Row[] = [...starts, ...idle, ...disk.rows];
  const slowest = Math.max(
    ...starts.flatMap(({ figures }) => figures[FIRST_CANDLE]?.samples ?? []),
  );
  return {
    rows,
    bars: [
      {
        what: "first trade sent by the exchange to its candle over REST, slowest start",
        value: slowest,
        unit: "s",
        is: "at most",
        limit: 5,
      },
      {
        what: "memory of the application, idle",
        value: medianOf(rows, "idle, application", "memory"),
        unit: "MB",
        is: "at most",
        limit: 250,
      },
      {
        what: "CPU of the application, idle",
        value: medianOf(rows, "idle, application", "CPU"),
        unit: "% of a core",
        is: "at most",
        limit: 3,
      },
    ],
    notes: ["Memory of PostgreSQL counts memory shared by its processes once.", ...disk.notes],
  };
}
