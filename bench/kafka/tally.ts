import { setTimeout as sleep } from "node:timers/promises";
import { residentMegabytes } from "../harness/process-figures.js";

/** What a consuming contestant prints as a line of JSON. */
export interface Consumed {
  /** Handled, copies included. */
  seen: number;
  /** Different trades among them. */
  distinct: number;
  /** From the handler call that completed the first tenth to the last: how many, and how long. */
  counted: number;
  seconds: number;
  cpuSeconds: number;
  megabytes: number;
}

/** Copies would come in the same batch or the next. */
const COPIES_MS = 200;
const LIMIT_MS = 120_000;

/**
 * The work of every handler: counts, and marks which trades of `generate` it has seen, at the same
 * cost of a few ns. Time starts after the first tenth: joining a group is not compared, and at the
 * first handler call contestants that fetch ahead have already done work for later ones.
 */
export class Tally {
  private readonly marks: Uint8Array;
  private seen = 0;
  private distinct = 0;
  private first: { seen: number; at: number; cpu: number } | undefined;
  private last: { at: number; cpu: number } | undefined;

  constructor(
    private readonly trades: number,
    private readonly markets: number,
  ) {
    this.marks = new Uint8Array(trades);
  }

  see({ market, id }: { market: string; id: string }): void {
    this.seen++;
    const place = (Number(id) - 1_000_000) * this.markets + Number(market.slice("bench:M".length));
    // Neither a copy nor a trade that was never sent.
    if (this.marks[place] !== 0) return;
    this.marks[place] = 1;
    this.distinct++;
  }

  /** At the end of each handler call. */
  handled(): void {
    if (this.seen * 10 >= this.trades) this.first ??= { seen: this.seen, ...now() };
    if (this.distinct === this.trades) this.last ??= now();
  }

  /** Resolves when all have come, and copies would have. */
  async all(): Promise<void> {
    const limit = performance.now() + LIMIT_MS;
    while (this.last === undefined) {
      if (performance.now() > limit)
        throw new Error(`only ${this.distinct} of ${this.trades} trades came`);
      await sleep(20);
    }
    await sleep(COPIES_MS);
  }

  result(): Consumed {
    const { first, last, seen, distinct } = this;
    if (first === undefined || last === undefined) throw new Error("not all has come");
    return {
      seen,
      distinct,
      counted: distinct - first.seen,
      seconds: (last.at - first.at) / 1_000,
      cpuSeconds: last.cpu - first.cpu,
      megabytes: residentMegabytes(process.pid),
    };
  }
}

function now(): { at: number; cpu: number } {
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), cpu: (user + system) / 1e6 };
}
