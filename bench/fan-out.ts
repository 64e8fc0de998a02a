import {
  type Bar,
  type Benchmark,
  type Contestant,
  type Outcome,
  type Row,
  type Scale,
  medianOf,
  percentOf,
  takeTurns,
} from "./harness/benchmark.js";
import { Crowd, type Flushes, type Plan, candlePlans, tickerPlans } from "./live/crowd.js";
import {
  EMIT,
  type LiveServer,
  PRODUCT,
  checkDelivered,
  checkNewest,
  enter,
  openPreFramed,
  openProduct,
  openRoomEmit,
} from "./live/live-contestants.js";
import { LIVE_MARKETS, type Window } from "./live/live-load.js";
import type { Servers } from "./harness/servers.js";

/** The product's default. */
const FLUSH_MS = 100;
/** The shortest allowed, for the run at full speed. */
const SHORTEST_FLUSH_MS = 10;
const OF_MARKETS = 10;
const MANY = 5_000;

interface Load {
  clients: number;
  pacedRounds: number;
  flatOutRounds: number;
}
type Channel = "candles" | "tickers";
interface Pair {
  live: LiveServer;
  crowd: Crowd;
}

export const fanOut: Benchmark = {
  name: "fan-out",
  title: "Fan-out of live frames",
  workload: `1,000 clients of one server process. candles: each follows ${OF_MARKETS} of ${LIVE_MARKETS.length} markets, all of which change every ${FLUSH_MS} ms (100,000 frames a second); tickers: each gets all ${LIVE_MARKETS.length} markets in one frame every ${FLUSH_MS} ms (500,000 updates a second). Then the same as fast as it goes.`,
  chart: "updates",
  run,
};

async function run(servers: Servers, scale: Scale): Promise<Outcome> {
  const load = scale.smoke
    ? { clients: 40, pacedRounds: 5, flatOutRounds: 5 }
    : { clients: 1_000, pacedRounds: 30, flatOutRounds: 30 };
  const database = await servers.database();
  const pairs: Pair[] = [];
  try {
    for (const open of [() => openProduct(database.url), openRoomEmit, openPreFramed]) {
      const [live, crowd] = await Promise.all([open(), Crowd.start()]);
      pairs.push({ live, crowd });
    }
    const rows = [
      ...(await channelRows("candles", pairs, load, scale)),
      ...(await channelRows("tickers", pairs, load, scale)),
    ];
    if (!scale.smoke) rows.push(await manyRow(pairs[0] as Pair, scale));
    return {
      rows,
      bars: barsOf(rows),
      notes: [
        "An update is a market's candle or ticker that reached a client. µs a frame and updates/core-s are of the server's CPU at the paced load; flat out, a round begins when the last one has left the process.",
        `p50 and p99: from the flush to the client, at the paced load. Flat out runs with FLUSH_MS=${SHORTEST_FLUSH_MS}.`,
        `A connection: growth of the server's resident memory with the first clients, after garbage collection; ${OF_MARKETS} subscriptions each (candles).`,
      ],
    };
  } finally {
    for (const { live, crowd } of pairs) await Promise.all([live.child.stop(), crowd.stop()]);
    await database.close();
  }
}

/** All contestants with one channel's clients. */
async function channelRows(
  channel: Channel,
  pairs: readonly Pair[],
  load: Load,
  scale: Scale,
): Promise<Row[]> {
  const plans =
    channel === "candles"
      ? candlePlans(load.clients, LIVE_MARKETS, OF_MARKETS)
      : tickerPlans(load.clients);
  const contestants: Contestant[] = [];
  const perClient: number[] = [];
  for (const { live, crowd } of pairs) {
    scale.say(`${channel}: clients of ${live.name}`);
    perClient.push(await enter(live, crowd, plans));
    contestants.push({
      name: nameOf(live, channel),
      kind: live.kind,
      run: () => oneRun(live, crowd, plans, load, channel),
    });
  }
  const rows = await takeTurns(contestants, scale);
  for (const { crowd } of pairs) await crowd.leave();
  // Later clients find the memory of earlier ones: only the first are measured.
  if (channel === "candles")
    for (const [index, { figures }] of rows.entries())
      figures["a connection"] = {
        unit: "KB",
        samples: [(perClient[index] as number) / 1_000],
      };
  return rows;
}

async function oneRun(
  live: LiveServer,
  crowd: Crowd,
  plans: readonly Plan[],
  load: Load,
  channel: Channel,
): ReturnType<Contestant["run"]> {
  const { child } = live;
  const paced = await window(live, crowd, plans, () =>
    child.call("paced", load.pacedRounds, FLUSH_MS),
  );
  if (live.name === PRODUCT) await child.call("flushEvery", SHORTEST_FLUSH_MS);
  const flatOut = await window(live, crowd, plans, () => child.call("flatOut", load.flatOutRounds));
  if (live.name === PRODUCT) await child.call("flushEvery", FLUSH_MS);
  await checkNewest(live, crowd);
  const updates = channel === "tickers" ? LIVE_MARKETS.length : 1;
  return {
    "a frame": { unit: "µs", value: (paced.cpu / paced.frames) * 1e6 },
    updates: {
      unit: "/core-s",
      value: (paced.frames * updates) / paced.cpu,
    },
    "flat out": {
      unit: "updates/s",
      value: (flatOut.frames * updates) / flatOut.seconds,
    },
    p50: { unit: "ms", value: paced.p50 },
    p99: { unit: "ms", value: paced.p99 },
  };
}

/** Publishes and waits until every frame has arrived; throws if one has not. */
async function window(
  { child }: LiveServer,
  crowd: Crowd,
  plans: readonly Plan[],
  publish: () => Promise<Window>,
): Promise<{
  frames: number;
  cpu: number;
  seconds: number;
  p50: number;
  p99: number;
}> {
  const before = await crowd.counts();
  const { cpuSeconds, seconds } = await publish();
  const flushes = await child.call<Flushes>("flushes");
  const frames = await checkDelivered(crowd, plans, flushes, before);
  return {
    frames,
    cpu: cpuSeconds,
    seconds,
    ...(await crowd.latency(flushes)),
  };
}

/** Five times as many clients, one run of the product alone. */
async function manyRow({ live, crowd }: Pair, scale: Scale): Promise<Row> {
  scale.say(`${MANY} clients of ${live.name}`);
  const plans = candlePlans(MANY, LIVE_MARKETS, 2);
  await enter(live, crowd, plans);
  const { frames, cpu, p50, p99 } = await window(live, crowd, plans, () =>
    live.child.call("paced", 30, FLUSH_MS),
  );
  const figure = (unit: string, value: number): Row["figures"][string] => {
    return { unit, samples: [value] };
  };
  return {
    contestant: `${live.name}, candles, ${MANY.toLocaleString("en")} clients × 2`,
    kind: live.kind,
    figures: {
      "a frame": figure("µs", (cpu / frames) * 1e6),
      updates: figure("/core-s", frames / cpu),
      p50: figure("ms", p50),
      p99: figure("ms", p99),
    },
  };
}

function nameOf({ name }: LiveServer, channel: Channel): string {
  return `${name}, ${channel}`;
}

function barsOf(rows: readonly Row[]): Bar[] {
  const [candles, tickers] = [`${PRODUCT}, candles`, `${PRODUCT}, tickers`];
  const emitted = `${EMIT}, candles`;
  return [
    {
      what: "candles, updates per core-second, of the room emit's",
      value: percentOf(rows, candles, emitted, "updates"),
      unit: "%",
      is: "at least",
      limit: 90,
    },
    {
      what: "candles, flat out, of the room emit's",
      value: percentOf(rows, candles, emitted, "flat out"),
      unit: "%",
      is: "at least",
      limit: 90,
    },
    {
      what: "tickers, updates per core-second",
      value: medianOf(rows, tickers, "updates"),
      unit: "/core-s",
      is: "at least",
      limit: 300_000,
    },
    ...[candles, tickers].map((contestant): Bar => {
      return {
        what: `${contestant}: p99 from the flush`,
        value: medianOf(rows, contestant, "p99"),
        unit: "ms",
        is: "at most",
        limit: 75,
      };
    }),
    {
      what: "a connection",
      value: medianOf(rows, candles, "a connection"),
      unit: "KB",
      is: "at most",
      limit: 30,
    },
  ];
}
