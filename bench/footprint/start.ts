import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Process } from "../../test/support/app.js";
import { freePort } from "../../test/support/postgres.js";
import { VenueServer } from "../../test/support/venue-server.js";
import type { Row, Scale } from "../harness/benchmark.js";
import { Standalone } from "./standalone.js";

const SYMBOL = "BTCUSDT";
const EVERY_MS = 100;
const LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 30_000;
export const FIRST_CANDLE = "first trade to candle over REST";
const READY = "start to ready";

/** In seconds. */
interface Start {
  ready: number;
  firstCandle: number;
}

/**
 * From the start of the process until it is ready, and from the exchange's first trade to its
 * stored candle.
 */
export async function measureStarts(scale: Scale): Promise<Row[]> {
  const { runs, smoke } = scale;
  const fresh: Start[] = [];
  const again: Start[] = [];
  const whole: Start[] = [];
  const venue = await VenueServer.start();
  try {
    for (let round = 1; round <= runs; round++) {
      scale.say(`start ${round} of ${runs}`);
      const place = await Standalone.make(venue);
      try {
        fresh.push(await startOnce(venue, place));
        again.push(await startOnce(venue, place));
        if (round === 1 && !smoke) {
          scale.say("npm start");
          whole.push(await npmStart(venue, place));
        }
      } finally {
        place.remove();
      }
    }
  } finally {
    await venue.close();
  }
  return [
    row("start, empty folder", fresh),
    row("start again", again),
    ...(whole.length > 0 ? [row("npm start again, with its build", whole)] : []),
  ];
}

async function startOnce(venue: VenueServer, place: Standalone): Promise<Start> {
  const began = performance.now();
  const app = await Process.start(["serve"], place.settings);
  try {
    return await watch(venue, app.url, began);
  } finally {
    await app.stop();
  }
}

async function npmStart(venue: VenueServer, place: Standalone): Promise<Start> {
  const port = String(await freePort());
  const began = performance.now();
  const child = spawn("npm", ["start"], {
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      ...place.settings,
      PORT: port,
      RATE_LIMIT: "1000000",
    },
    stdio: "ignore",
    detached: true,
  });
  const exit = once(child, "exit", {
    signal: AbortSignal.timeout(LIMIT_MS + STOP_LIMIT_MS),
  });
  try {
    return await watch(venue, `http://127.0.0.1:${port}`, began);
  } finally {
    // As Ctrl-C does: to npm and its child processes.
    process.kill(-(child.pid as number), "SIGINT");
    await exit;
  }
}

/** Lets the exchange trade as soon as a client is connected. */
async function watch(venue: VenueServer, url: string, began: number): Promise<Start> {
  const sent = venue.sentOf(SYMBOL);
  const before = sent.length;
  let firstTrade = 0;
  let lastTrade = 0;
  let ready = 0;
  let firstCandle = 0;
  const seconds = (since: number): number => (performance.now() - since) / 1e3;
  while (seconds(began) * 1e3 < LIMIT_MS) {
    if (performance.now() - lastTrade > (firstTrade === 0 ? 5 : EVERY_MS)) {
      venue.trade(SYMBOL);
      lastTrade = performance.now();
      if (firstTrade === 0 && sent.length > before) firstTrade = lastTrade;
    }
    if (ready === 0 && (await get(`${url}/health/ready`)) !== undefined) ready = seconds(began);
    const isSent = firstTrade > 0 && firstCandle === 0;
    if (isSent && (await hasCandle(url, sent[before] as string))) firstCandle = seconds(firstTrade);
    if (ready > 0 && firstCandle > 0) return { ready, firstCandle };
    await sleep(5);
  }
  throw new Error(`not ready with a candle within ${LIMIT_MS} ms`);
}

/**
 * Whether the newest candle holds the trade. Aggregated ids are ten times those of their trades
 * here.
 */
async function hasCandle(url: string, aggregated: string): Promise<boolean> {
  const candles = (await get(
    `${url}/api/v1/markets/binance:${SYMBOL}/candles?interval=1m&limit=1`,
  )) as { lastTradeId: string }[] | undefined;
  const last = candles?.[0]?.lastTradeId;
  return last !== undefined && BigInt(last) >= BigInt(aggregated) / 10n;
}

/** Undefined unless the answer is a 200. */
async function get(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    const body: unknown = await response.json();
    return response.status === 200 ? body : undefined;
  } catch {
    return undefined;
  }
}

function row(contestant: string, starts: readonly Start[]): Row {
  return {
    contestant,
    kind: "tapeline",
    figures: {
      [READY]: { unit: "s", samples: starts.map(({ ready }) => ready) },
      [FIRST_CANDLE]: {
        unit: "s",
        samples: starts.map(({ firstCandle }) => firstCandle),
      },
    },
  };
}
