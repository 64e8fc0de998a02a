import { setTimeout as sleep } from "node:timers/promises";
import type { Bar, Benchmark, Outcome, Row, Scale } from "./harness/benchmark.js";
import { Crowd, type Flushes, type Plan, candlePlans } from "./live/crowd.js";
import {
  EMIT,
  type LiveServer,
  PRODUCT,
  checkNewest,
  enter,
  openProduct,
  openRoomEmit,
} from "./live/live-contestants.js";
import { LIVE_MARKETS, type Window } from "./live/live-load.js";
import type { Servers } from "./harness/servers.js";

/** The product's default. */
const FLUSH_MS = 100;
const OF_MARKETS = 10;

interface Load {
  clients: number;
  slow: number;
  warmRounds: number;
  /** Without slow clients, to compare with. */
  steadyRounds: number;
  slowRounds: number;
}

export const slowClients: Benchmark = {
  name: "slow-clients",
  title: "Clients that stop reading",
  workload: `1,000 clients follow ${OF_MARKETS} of ${LIVE_MARKETS.length} markets each, all of which change every ${FLUSH_MS} ms. 50 of them, which follow all tickers besides (about 190 KB a second each), stop reading for 60 s; then they continue, as Socket.IO clients do.`,
  chart: "memory grows by",
  run,
};

async function run(servers: Servers, scale: Scale): Promise<Outcome> {
  const load = scale.smoke
    ? {
        clients: 40,
        slow: 4,
        warmRounds: 2,
        steadyRounds: 5,
        slowRounds: 10,
      }
    : {
        clients: 1_000,
        slow: 50,
        warmRounds: 30,
        steadyRounds: 100,
        slowRounds: 600,
      };
  const database = await servers.database();
  const rows: Row[] = [];
  try {
    for (const open of [() => openProduct(database.url), openRoomEmit]) {
      const [live, crowd] = await Promise.all([open(), Crowd.start()]);
      try {
        rows.push(await oneRow(live, crowd, load, scale));
      } finally {
        await Promise.all([live.child.stop(), crowd.stop()]);
      }
    }
  } finally {
    await database.close();
  }
  const figure = (row: string, name: string): number =>
    rows.find(({ contestant }) => contestant === row)?.figures[name]?.samples[0] ?? NaN;
  const bar = (what: string, unit: string, limit: number): Bar => {
    return { what, unit, limit, is: "at most", value: figure(PRODUCT, what) };
  };
  return {
    rows,
    bars: [bar("memory grows by", "MB", 50), bar("the others' p99 grows by", "%", 20)],
    notes: [
      "One round, whatever --runs says: a minute each. Memory is the highest resident one of the server's process, against the same load while every client reads; p99 is from the flush to the client.",
      `A client that answers no ping is disconnected: by ${PRODUCT} 20 s after it stopped, by ${EMIT} after 45 s. ${PRODUCT} removes it from its rooms as soon as the kernel accepts no more data for it; ${EMIT} keeps every frame for it until then.`,
      "Afterwards every client, the slow ones too, has to have exactly the newest state of each of its rooms.",
    ],
  };
}

async function oneRow(live: LiveServer, crowd: Crowd, load: Load, scale: Scale): Promise<Row> {
  const { child, name, kind } = live;
  const plans = candlePlans(load.clients, LIVE_MARKETS, OF_MARKETS).map((plan): Plan => {
    const isSlow = plan.index < load.slow;
    return {
      ...plan,
      isSampled: plan.isSampled && !isSlow,
      channels: isSlow ? [...plan.channels, { channel: "tickers" }] : plan.channels,
    };
  });
  scale.say(`${name}: clients`);
  await enter(live, crowd, plans);
  const publish = async (rounds: number): Promise<Window & { p50: number; p99: number }> => {
    const window = await child.call<Window>("paced", rounds, FLUSH_MS);
    await sleep(500);
    const flushes = await child.call<Flushes>("flushes");
    return { ...window, ...(await crowd.latency(flushes)) };
  };
  await publish(load.warmRounds);
  scale.say(`${name}: every client reads`);
  const steady = await publish(load.steadyRounds);
  scale.say(`${name}: ${load.slow} clients do not read`);
  await crowd.pause(load.slow);
  const slow = await publish(load.slowRounds);
  scale.say(`${name}: they read again`);
  await crowd.resume();
  await crowd.settled();
  await checkNewest(live, crowd);
  const { resyncs, reconnects, jumps } = await crowd.counts();
  if (name === PRODUCT && jumps > 0)
    throw new Error(`${jumps} frames were skipped without a resync`);
  const one = (unit: string, value: number): Row["figures"][string] => {
    return { unit, samples: [value] };
  };
  return {
    contestant: name,
    kind,
    figures: {
      "memory before": one("MB", steady.peak),
      "memory grows by": one("MB", Math.max(0, slow.peak - steady.peak)),
      "p99 before": one("ms", steady.p99),
      "p99 meanwhile": one("ms", slow.p99),
      "the others' p99 grows by": one("%", (slow.p99 / steady.p99 - 1) * 100),
      "made to subscribe again": one("clients", resyncs),
      "connected again": one("clients", reconnects),
    },
  };
}
