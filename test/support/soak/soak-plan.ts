import type { Fault, FaultKind, RestStatus } from "../exchange/faults.js";
import { random } from "../random.js";

/** What is killed without warning (SIGKILL), and started again. */
export type Victim = "writer a" | "writer b" | "both writers" | "api" | "broker" | "database";

export type Disturbance = {
  /** Local ms after the start. */
  atMs: number;
} & (
  | { fault: Fault }
  | { kill: Victim }
  /** Writers stop, and come back with this INTERVALS. */
  | { intervals: string }
  /** The wall clocks of all processes are set ahead (above 0) or back by this much. */
  | { clockStepMs: number }
);

export interface Amounts {
  faults: Partial<Record<FaultKind, number>>;
  kills: Partial<Record<Victim, number>>;
  /** Changes of INTERVALS, and steps of the processes' wall clocks. */
  intervals: number;
  clockSteps: number;
}

/** Of an hour of the market and more. */
export const LONG: Amounts = {
  faults: {
    drop: 70,
    late: 30,
    duplicate: 25,
    malformed: 20,
    future: 20,
    silence: 6,
    reset: 8,
    freeze: 6,
    expire: 4,
    shutdown: 4,
    outage: 5,
    "rest-down": 12,
    "rest-slow": 10,
    "rest-status": 24,
    "rest-behind": 15,
    "rest-garbled": 12,
  },
  kills: {
    "writer a": 3,
    "writer b": 2,
    "both writers": 2,
    api: 1,
    broker: 2,
    database: 1,
  },
  intervals: 5,
  clockSteps: 6,
};

const SETTINGS = ["1m", "1m,1h,1d", "1m,5m,15m,1w", "1s,1m,5m,1h"];
const STEPS_MS = [90_000, -90_000, 3_600_000, -3_600_000, 86_400_000, -5_000];

/** Some of each that shows within a minute. */
export const SHORT: Amounts = {
  faults: {
    drop: 6,
    late: 3,
    duplicate: 3,
    malformed: 2,
    future: 2,
    silence: 1,
    reset: 1,
    expire: 1,
    shutdown: 1,
    "rest-down": 1,
    "rest-slow": 1,
    "rest-status": 2,
    "rest-behind": 2,
    "rest-garbled": 1,
  },
  kills: { "writer a": 1, broker: 1 },
  intervals: 1,
  clockSteps: 2,
};

/**
 * Few 403s, after which the product sends no request for a minute and would not meet the next
 * fault.
 */
const STATUSES: readonly RestStatus[] = [
  429, 418, 500, 503, 429, 500, 418, 503, 451, 429, 503, 403,
];
/**
 * Requests for a gap start some seconds after it: a REST fault comes with a gap, and lasts longer.
 */
const AFTER_DROP_MS = 1_000;

/** The same for the same seed. Nothing happens in the first tenth and in the last. */
export function planOf(
  seed: number,
  amounts: Amounts,
  lengthMs: number,
  symbols: readonly string[],
): Disturbance[] {
  const next = random(seed);
  const between = (min: number, max: number): number => Math.round(min + next() * (max - min));
  const moment = (): number => between(lengthMs * 0.08, lengthMs * 0.9);
  const symbol = (): string => symbols[Math.floor(next() * symbols.length)] as string;
  const dropped = (): Fault => ({
    kind: "drop",
    symbol: symbol(),
    frames: between(1, 12),
  });
  const plan: Disturbance[] = [];
  for (const [name, count] of Object.entries(amounts.faults))
    for (let index = 0; index < count; index++) {
      const kind = name as FaultKind;
      const atMs = moment();
      plan.push({
        atMs,
        fault: faultOf(kind, index, symbol, between, lengthMs),
      });
      if (kind.startsWith("rest-")) plan.push({ atMs: atMs - AFTER_DROP_MS, fault: dropped() });
    }
  const kills = Object.entries(amounts.kills).flatMap(([victim, count]) =>
    Array.from({ length: count }, () => victim as Victim),
  );
  // Apart from each other: what was killed has to be up again to be killed once more.
  const slot = (lengthMs * 0.8) / kills.length;
  for (const [index, kill] of shuffle(kills, next).entries())
    plan.push({
      atMs: Math.round(lengthMs * 0.1 + slot * (index + next() * 0.5)),
      kill,
    });
  for (let index = 0; index < amounts.intervals; index++)
    plan.push({
      // Apart from each other: nothing is followed meanwhile, and a fault would meet nothing.
      atMs: Math.round(lengthMs * (0.9 - (0.8 * index) / amounts.intervals)),
      intervals: SETTINGS[index % SETTINGS.length] as string,
    });
  for (let index = 0; index < amounts.clockSteps; index++)
    plan.push({ atMs: moment(), clockStepMs: STEPS_MS[index % STEPS_MS.length] as number });
  return plan.sort((a, b) => a.atMs - b.atMs);
}

function faultOf(
  kind: FaultKind,
  index: number,
  symbol: () => string,
  between: (min: number, max: number) => number,
  lengthMs: number,
): Fault {
  const forMs = between(5_000, 9_000);
  switch (kind) {
    case "drop":
      // Single frames, and now and then a hole that takes several pages.
      return {
        kind,
        symbol: symbol(),
        frames: index % 12 === 11 ? 2_500 : between(1, 40),
      };
    case "duplicate":
      return { kind, symbol: symbol(), frames: between(1, 40) };
    case "malformed":
      return { kind, symbol: symbol(), frames: between(1, 5) };
    case "late":
      return {
        kind,
        symbol: symbol(),
        frames: between(1, 30),
        byMs: between(20, 3_000),
      };
    case "future":
      return {
        kind,
        symbol: symbol(),
        frames: between(2, 6),
        byMs: between(10_000, 3_600_000),
      };
    case "silence":
      // Every second one is long enough for a REST request.
      return {
        kind,
        symbol: symbol(),
        forMs: index % 2 === 1 ? Math.min(85_000, lengthMs * 0.2) : between(2_000, 6_000),
      };
    case "reset":
    case "freeze":
    case "expire":
      return { kind };
    case "shutdown":
      return { kind, afterMs: between(1_000, 4_000) };
    case "outage":
      return { kind, forMs: between(2_000, 8_000) };
    case "rest-down":
    case "rest-garbled":
      return { kind, forMs };
    case "rest-slow":
      return { kind, forMs, byMs: between(500, 12_000) };
    case "rest-status":
      return {
        kind,
        forMs,
        status: STATUSES[index % STATUSES.length] as RestStatus,
      };
    case "rest-behind":
      return { kind, forMs, byMs: between(60_000, 600_000) };
  }
}

function shuffle<T>(items: T[], next: () => number): T[] {
  return items
    .map((item) => ({ item, place: next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** One line for each disturbance. */
export function planText(plan: readonly Disturbance[]): string {
  return plan
    .map(({ atMs, ...what }) => {
      const seconds = (atMs / 1_000).toFixed(1).padStart(7);
      if ("kill" in what) return `${seconds} s  kill ${what.kill}`;
      if ("intervals" in what) return `${seconds} s  INTERVALS=${what.intervals}`;
      if ("clockStepMs" in what) return `${seconds} s  clocks by ${what.clockStepMs / 1_000} s`;
      const { kind, ...details } = what.fault;
      const text = Object.entries(details)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(", ");
      return `${seconds} s  ${kind} ${text}`.trimEnd();
    })
    .join("\n");
}
