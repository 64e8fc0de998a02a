import { setTimeout as sleep } from "node:timers/promises";
import type { Channel } from "../../src/live/live-events.js";
import { quantile } from "../harness/benchmark.js";
import { Child } from "../harness/child.js";

/** Plan of one client. */
export interface Plan {
  index: number;
  channels: Channel[];
  /** Whether the time of every frame is kept. */
  isSampled: boolean;
}

export interface Counts {
  frames: number;
  bytes: number;
  /** Frames whose number was not the next one of their room. */
  jumps: number;
  resyncs: number;
  reconnects: number;
}

/** When each frame left the server, by `room seq`; `clock()`. */
export type Flushes = ReadonlyMap<string, number>;

const SETTLE_LIMIT_MS = 30_000;

/** Clients of one server, in separate processes. */
export class Crowd {
  private constructor(private readonly processes: readonly Child[]) {}

  static async start(processes = 1): Promise<Crowd> {
    return new Crowd(
      await Promise.all(
        Array.from({ length: processes }, () => Child.start("bench/live/crowd-run.ts")),
      ),
    );
  }

  async enter(port: number, plans: readonly Plan[]): Promise<void> {
    await this.all((index) => [
      "enter",
      port,
      plans.filter((plan) => plan.index % this.processes.length === index),
    ]);
  }

  async leave(): Promise<void> {
    await this.all(() => ["leave"]);
  }

  async counts(): Promise<Counts> {
    const each = await this.all<Counts>(() => ["counts"]);
    const sum = (of: keyof Counts): number => each.reduce((total, counts) => total + counts[of], 0);
    return {
      frames: sum("frames"),
      bytes: sum("bytes"),
      jumps: sum("jumps"),
      resyncs: sum("resyncs"),
      reconnects: sum("reconnects"),
    };
  }

  /** Waits until frames have stopped arriving. */
  async quiet(): Promise<Counts> {
    const limit = performance.now() + SETTLE_LIMIT_MS;
    let before = await this.counts();
    for (;;) {
      await sleep(250);
      const now = await this.counts();
      if (now.frames === before.frames) return now;
      before = now;
      if (performance.now() > limit) throw new Error("frames never end");
    }
  }

  /** Waits until every client is connected and has all its subscriptions. */
  async settled(): Promise<void> {
    const limit = performance.now() + SETTLE_LIMIT_MS;
    do {
      // A close or a `resync` may be in flight.
      await sleep(1_500);
      await this.quiet();
      if (performance.now() > limit) throw new Error("some clients are not subscribed");
    } while ((await this.all<number>(() => ["unsettled"])).some((it) => it > 0));
  }

  /** From the flush to the client, ms, of what was sampled since the last time. */
  async latency(flushes: Flushes): Promise<{ p50: number; p99: number }> {
    const all: number[] = [];
    for (const sampled of await this.all<[string, number, number][]>(() => ["sampled"]))
      for (const [room, seq, at] of sampled) {
        const flushed = flushes.get(`${room} ${seq}`);
        if (flushed !== undefined) all.push(at - flushed);
      }
    if (all.length === 0) throw new Error("no frame was sampled");
    return { p50: quantile(all, 0.5), p99: quantile(all, 0.99) };
  }

  async keepNewest(keeps: boolean): Promise<void> {
    await this.all(() => ["keepNewest", keeps]);
  }

  /**
   * Waits until every client's newest frame of each of its rooms has this text: a client that reads
   * again may have much to read. Throws when one does not get there.
   */
  async check(expected: ReadonlyMap<string, string>): Promise<void> {
    const limit = performance.now() + SETTLE_LIMIT_MS;
    for (;;) {
      const wrong = await this.all<number>(() => ["wrong", expected]);
      const clients = wrong.reduce((sum, count) => sum + count, 0);
      if (clients === 0) return;
      if (performance.now() > limit)
        throw new Error(`${clients} clients did not end with the newest state`);
      await sleep(250);
    }
  }

  async pause(below: number): Promise<void> {
    await this.all(() => ["pause", below]);
  }

  async resume(): Promise<void> {
    await this.all(() => ["resume"]);
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((child) => child.stop()));
  }

  private all<T>(request: (index: number) => [what: string, ...parts: unknown[]]): Promise<T[]> {
    return Promise.all(this.processes.map((child, index) => child.call<T>(...request(index))));
  }
}

const STRIDES = [1, 3, 7, 9, 11, 13, 17, 19, 21, 23];

/** `of` markets for each client, hardly any two of them the same. */
export function candlePlans(clients: number, markets: readonly string[], of: number): Plan[] {
  return Array.from({ length: clients }, (_, index) => ({
    index,
    isSampled: index % 20 === 19,
    channels: Array.from({ length: of }, (__, place): Channel => {
      const stride = STRIDES[index % STRIDES.length] as number;
      const market = markets[(index * 13 + place * stride) % markets.length];
      return { channel: "candles", market: market as string, interval: "1m" };
    }),
  }));
}

export function tickerPlans(clients: number): Plan[] {
  return Array.from({ length: clients }, (_, index) => ({
    index,
    isSampled: index % 20 === 19,
    channels: [{ channel: "tickers" }],
  }));
}
