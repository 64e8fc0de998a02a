import { setTimeout as sleep } from "node:timers/promises";
import type { Interval } from "../../../src/domain/interval.js";
import { run, until } from "../app.js";
import { BinanceExchange } from "../exchange/binance-exchange.js";
import type { FaultKind } from "../exchange/faults.js";
import { MarketClock } from "../exchange/market-clock.js";
import type { SymbolTape } from "../exchange/symbol-tape.js";
import {
  type Checked,
  builtProblems,
  candleProblems,
  coverageProblems,
  gapProblems,
  marketOf,
  subscriberProblems,
} from "./soak-checks.js";
import { type Disturbance, type Victim, planText } from "./soak-plan.js";
import { streamOf, whileNobodyListens } from "./listeners.js";
import { Observer } from "./observer.js";
import { SoakSystem } from "./soak-system.js";
import { Subscriber } from "./subscriber.js";

export interface SoakOptions {
  tapes: readonly SymbolTape[];
  /** Market ms in a local ms. */
  speed: number;
  plan: readonly Disturbance[];
  /** Processes that follow and record, side by side. */
  writers: number;
  clients: number;
  /**
   * The last part of the tapes, local ms, in which nothing goes wrong: what is lost at the very
   * end, no later id shows.
   */
  tailMs: number;
  /** How long everything may take to be right after the end. */
  settleMs: number;
  say: (line: string) => void;
  /** Ends the run, and everything that was started for it. */
  signal?: AbortSignal;
}

export interface SoakResult {
  /** Empty when everything is as it has to be. */
  problems: string[];
  felt: Partial<Record<FaultKind, number>>;
  killed: Partial<Record<Victim, number>>;
  /** Processes that ended by themselves, such as those that started while the database was down. */
  ends: string[];
  compared: number;
  /** Local ms from the end of the tapes until everything was right. */
  settledMs: number;
  requests: number;
  connections: number;
  clients: { jumps: number; resyncs: number; connections: number };
  /** Changes of INTERVALS, the last one back to the default included. */
  intervalChanges: number;
  /** Closed candles that said they were complete with other values than the exchange had. */
  observed: { reads: number; unanswered: number; wrong: number; longestMs: number };
  /** Why the exchange ended connections: nothing, if the product keeps its limits. */
  limits: readonly string[];
}

const ROOMS: readonly Interval[] = ["1m", "5m", "1h"];
const REPORT_MS = 30_000;
const DAY_MS = 86_400_000;

/**
 * Plays tapes to the product while the plan's disturbances happen, and returns the problems after
 * it has settled.
 */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { tapes, speed, plan, say, tailMs } = options;
  const start = Math.min(...tapes.map((tape) => tape.start)) - 1;
  const end = Math.max(...tapes.map((tape) => tape.end));
  // Where no candle of a room has begun before.
  const since = Math.floor(start / DAY_MS) * DAY_MS;
  const clock = MarketClock.standing(start, speed);
  const exchange = await BinanceExchange.start({ tapes, clock });
  const system = await SoakSystem.start(
    {
      FEEDS: tapes.map(marketOf).join(","),
      BINANCE_WS_URL: exchange.wsUrl,
      BINANCE_REST_URL: exchange.restUrl,
      // Holes are to be repaired, not covered by what is fetched at the start.
      BOOTSTRAP: "0",
    },
    options.writers,
  );
  const subscribers: Subscriber[] = [];
  let observer: Observer | undefined;
  try {
    await system.ready();
    await followed(exchange, tapes, options.writers);
    const rooms = tapes.flatMap((tape) =>
      ROOMS.map((interval) => ({ market: marketOf(tape), interval })),
    );
    for (let client = 0; client < options.clients; client++)
      subscribers.push(new Subscriber(system.url, rooms, since));
    say(planText(plan));
    observer = new Observer(system.url, exchange, tapes);
    clock.resume();
    await disturb(options, exchange, system, end - tailMs * speed);
    exchange.heal();
    if (system.intervalChanges > 0) await restoreIntervals(exchange, system, options.writers);
    await followed(exchange, tapes, options.writers);
    say("Everything goes well from here on");
    clock.resume();
    await until(() => exchange.isOver, tailMs + 60_000);
    return await settle(options, exchange, system, { subscribers, observer }, since);
  } catch (error) {
    say(system.outputs);
    throw error;
  } finally {
    for (const subscriber of subscribers) subscriber.close();
    await observer?.end();
    await system.close();
    await exchange.close();
  }
}

/** Until the writers are connected again: the exchange may count those that have gone for a while. */
async function restoreIntervals(
  exchange: BinanceExchange,
  system: SoakSystem,
  writers: number,
): Promise<void> {
  const { opened } = exchange.streams;
  await system.changeIntervals(undefined);
  // Those that have ended now cannot connect any more.
  const before = opened.length;
  await until(() => opened.length >= before + writers, 120_000);
}

/**
 * Waits until every symbol has as many followers as writers: ids before the first follower are no
 * gap.
 */
async function followed(
  exchange: BinanceExchange,
  tapes: readonly SymbolTape[],
  writers: number,
): Promise<void> {
  const counts = (): number[] =>
    tapes.map(({ symbol }) => exchange.streams.followers(streamOf(symbol)));
  await until(
    () => counts().every((count) => count >= writers),
    120_000,
    () => `followers: ${counts().join(", ")}`,
  );
}

async function disturb(
  { plan, say, signal }: SoakOptions,
  exchange: BinanceExchange,
  system: SoakSystem,
  end: number,
): Promise<void> {
  let begin = performance.now();
  const kills: Promise<void>[] = [];
  const report = setInterval(() => {
    const felt = Object.values(exchange.faults.felt());
    say(
      `${new Date(exchange.clock.now()).toISOString()}: ${felt.reduce((a, b) => a + b, 0)} faults were met, ${exchange.requests.length} requests sent`,
    );
  }, REPORT_MS);
  try {
    for (const { atMs, ...what } of plan) {
      const waitMs = Math.max(0, begin + atMs - performance.now());
      await sleep(waitMs, undefined, signal && { signal });
      if ("fault" in what) {
        begin += await whileNobodyListens(exchange, what.fault, signal);
        exchange.inject(what.fault);
      } else if ("kill" in what) kills.push(system.kill(what.kill));
      else if ("intervals" in what) kills.push(system.changeIntervals(what.intervals));
      else system.stepClocks(what.clockStepMs);
    }
    await until(() => {
      signal?.throwIfAborted();
      return exchange.clock.now() >= end;
    }, 86_400_000);
    // What is stopping without a broker takes its time: the tape must not go on to its end.
    exchange.clock.pause();
    await Promise.all(kills);
  } finally {
    clearInterval(report);
  }
}

async function settle(
  { tapes, settleMs, say, signal }: SoakOptions,
  exchange: BinanceExchange,
  system: SoakSystem,
  { subscribers, observer }: { subscribers: readonly Subscriber[]; observer: Observer },
  since: number,
): Promise<SoakResult> {
  const begin = performance.now();
  const checked: Checked = {
    url: system.url,
    databaseUrl: system.databaseUrl,
    exchange,
    tapes,
  };
  const left = async (): Promise<string[]> => [
    ...(await coverageProblems(checked)),
    ...(await gapProblems(checked)),
    ...(await builtProblems(checked)),
  ];
  const problems = await lasting(left, settleMs, signal);
  const settledMs = performance.now() - begin;
  if (problems.length > 0) say(system.outputs);
  say(`Settled after ${(settledMs / 1_000).toFixed(1)} s`);
  problems.push(...(await observer.end()));
  const candles = await candleProblems(checked);
  problems.push(...candles.problems);
  problems.push(
    ...(await lasting(
      async () =>
        subscribers.every(({ isSettled }) => isSettled)
          ? subscriberProblems(system.url, subscribers, since)
          : ["a client has not got into its rooms"],
      30_000,
      signal,
    )),
  );
  const codes = await system.stopProduct();
  if (codes.some((code) => code !== 0)) problems.push(`stopped with ${codes.join(", ")}`);
  const verified = await run(["verify"], system.settings, 600_000);
  if (verified.code !== 0) problems.push(`verify: ${verified.output.slice(-2_000)}`);
  const sum = (key: "jumps" | "resyncs" | "connections"): number =>
    subscribers.reduce((total, subscriber) => total + subscriber[key], 0);
  problems.push(
    ...resyncProblems(
      sum("resyncs"),
      tapes.length * ROOMS.length * subscribers.length,
      system.killed,
      system.intervalChanges,
    ),
  );
  return {
    problems,
    felt: exchange.faults.felt(),
    killed: system.killed,
    ends: system.ends,
    compared: candles.compared,
    settledMs,
    requests: exchange.requests.length,
    connections: exchange.streams.opened.length,
    clients: {
      jumps: sum("jumps"),
      resyncs: sum("resyncs"),
      connections: sum("connections"),
    },
    intervalChanges: system.intervalChanges,
    observed: {
      reads: observer.reads,
      unanswered: observer.unanswered,
      wrong: observer.seen,
      longestMs: Math.round(observer.longestMs),
    },
    limits: exchange.streams.ended,
  };
}

/**
 * Clients must subscribe again when events may have been missed: when the API has a broker again,
 * when a client is back before its server has one, and when candles of an interval were built.
 */
function resyncProblems(
  resyncs: number,
  rooms: number,
  { broker = 0, api = 0 }: SoakResult["killed"],
  intervalChanges: number,
): string[] {
  const max = rooms * (broker + api + intervalChanges);
  return resyncs <= max ? [] : [`clients got ${resyncs} resyncs, more than ${max}`];
}

/** What is left of the problems when they have had their time; as soon as there are none. */
async function lasting(
  check: () => Promise<string[]>,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const limit = performance.now() + limitMs;
  for (;;) {
    signal?.throwIfAborted();
    const problems = await check().catch((error: unknown) => [String(error)]);
    if (problems.length === 0 || performance.now() > limit) return problems;
    await sleep(500);
  }
}
