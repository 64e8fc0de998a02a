import { setTimeout as sleep } from "node:timers/promises";
import { Process } from "../../test/support/app.js";
import { VenueServer } from "../../test/support/venue-server.js";
import type { Row, Scale } from "../harness/benchmark.js";
import { cpuSeconds, residentMegabytes } from "../harness/process-figures.js";
import { treeCpuSeconds, treeMegabytes } from "../harness/process-tree.js";
import { SYMBOLS, Standalone } from "./standalone.js";

/** Each market trades every 3 s. */
const TRADE_EVERY_MS = 600;

/** Memory and CPU while almost idle. */
export async function measureIdle(scale: Scale): Promise<Row[]> {
  const { smoke } = scale;
  const [settleMs, watchMs] = smoke ? [500, 1_000] : [10_000, 30_000];
  const venue = await VenueServer.start();
  const place = await Standalone.make(venue);
  const app = await Process.start(["serve"], place.settings);
  let turn = 0;
  const trading = setInterval(
    () => venue.trade(SYMBOLS[turn++ % SYMBOLS.length] as string),
    TRADE_EVERY_MS,
  );
  try {
    await app.ready();
    scale.say("idle");
    await sleep(settleMs);
    const began = performance.now();
    const before = {
      app: cpuSeconds(app.pid),
      pg: treeCpuSeconds(place.postmaster),
    };
    const memory: number[] = [];
    while (performance.now() - began < watchMs) {
      await sleep(Math.min(1_000, watchMs));
      memory.push(residentMegabytes(app.pid));
    }
    const seconds = (performance.now() - began) / 1_000;
    const used = {
      app: cpuSeconds(app.pid) - before.app,
      pg: treeCpuSeconds(place.postmaster) - before.pg,
    };
    return [
      row("idle, application", Math.max(...memory), used.app / seconds),
      row("idle, PostgreSQL", treeMegabytes(place.postmaster), used.pg / seconds),
    ];
  } finally {
    clearInterval(trading);
    await app.stop();
    place.remove();
    await venue.close();
  }
}

function row(contestant: string, megabytes: number, cores: number): Row {
  return {
    contestant,
    kind: "tapeline",
    figures: {
      memory: { unit: "MB", samples: [megabytes] },
      CPU: { unit: "% of a core", samples: [cores * 100] },
    },
  };
}
