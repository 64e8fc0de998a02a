import { setTimeout as sleep } from "node:timers/promises";
import type { Market } from "../domain/market.js";
import type { Trade } from "../domain/trade.js";
import type { Transport } from "../streaming/transport.js";
import { sizeOf } from "./replay-files.js";
import { readRecording } from "./replay-reader.js";
import type { Venue } from "./venue.js";

const BATCH = 5_000;
/** Batches on their way at once: the next is read and decoded while the last are written. */
const IN_FLIGHT = 4;
/** With `--speed`, what is due is sent at least this often. */
const PACED_MS = 50;

export interface ReplayOptions {
  venue: Venue;
  files: readonly string[];
  /** For formats that do not name it. */
  symbol?: string;
  /** Market time per real time; undefined means as fast as it can be stored. */
  speed?: number;
  signal: AbortSignal;
}

export interface ReplayProgress {
  bytes: number;
  of: number;
  trades: number;
}

export interface ReplaySummary {
  files: number;
  entries: number;
  trades: number;
  refused: ReadonlyMap<string, { count: number; first: string }>;
  markets: ReadonlyMap<
    Market,
    {
      trades: number;
      firstTime: number;
      lastTime: number;
      firstOrd: bigint;
      lastOrd: bigint;
    }
  >;
  seconds: number;
}

/**
 * Sends recordings through the same pipeline as live trades, on the bulk topic. Resolves when the transport cannot lose
 * them any more. The last record of each market is a clock: the venue's time had reached the newest trade of all.
 */
export async function replay(
  options: ReplayOptions,
  transport: Transport,
  progress: (at: ReplayProgress) => void,
): Promise<ReplaySummary> {
  const started = performance.now();
  const sizes = await Promise.all(options.files.map(sizeOf));
  const of = sizes.reduce((sum, size) => sum + size, 0);
  const tally = new Tally();
  const sender = new Sender(transport, options.signal);
  const pace = new Pace(options.speed, options.signal);
  let before = 0;
  for (const [index, file] of options.files.entries()) {
    for await (const entry of readRecording(
      file,
      options.venue,
      options.symbol,
    )) {
      tally.count(file, entry.place, entry.trades, entry.refused);
      if (entry.trades.length === 0) continue;
      const wait = pace.ahead(entry.at);
      if (wait > 0) {
        await sender.flush();
        await pace.wait(wait);
      }
      for (const trade of entry.trades) sender.add(trade);
      if (sender.isFull()) {
        await sender.flush();
        progress({ bytes: before + entry.bytesRead, of, trades: tally.trades });
      }
    }
    before += sizes[index] ?? 0;
    progress({ bytes: before, of, trades: tally.trades });
  }
  await sender.finish();
  await transport.produce("trades.bulk", tally.clocks(), {
    signal: options.signal,
  });
  return tally.summary(
    options.files.length,
    (performance.now() - started) / 1_000,
  );
}

class Sender {
  private batch: Trade[] = [];
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly transport: Transport,
    private readonly signal: AbortSignal,
  ) {}

  add(trade: Trade): void {
    this.batch.push(trade);
  }

  isFull(): boolean {
    return this.batch.length >= BATCH;
  }

  async flush(): Promise<void> {
    if (this.batch.length === 0) return;
    const sent: Promise<void> = this.transport.produce(
      "trades.bulk",
      this.batch,
      { signal: this.signal },
    );
    this.batch = [];
    const tracked = sent.finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
    // Awaited below or in finish(); until then a failure must not count as unhandled.
    tracked.catch(() => undefined);
    if (this.underWay.size >= IN_FLIGHT) await Promise.race(this.underWay);
  }

  async finish(): Promise<void> {
    await this.flush();
    await Promise.all(this.underWay);
  }
}

class Pace {
  private origin: { at: number; real: number } | undefined;

  constructor(
    private readonly speed: number | undefined,
    private readonly signal: AbortSignal,
  ) {}

  /** Real ms until an entry of this time is due; small waits are not worth taking. */
  ahead(at: number): number {
    this.signal.throwIfAborted();
    if (this.speed === undefined || Number.isNaN(at)) return 0;
    this.origin ??= { at, real: performance.now() };
    const due = this.origin.real + (at - this.origin.at) / this.speed;
    const wait = due - performance.now();
    return wait > PACED_MS ? wait : 0;
  }

  async wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.signal });
  }
}

type MarketTally = {
  trades: number;
  firstTime: number;
  lastTime: number;
  firstOrd: bigint;
  lastOrd: bigint;
};

class Tally {
  trades = 0;
  private entries = 0;
  private readonly refused = new Map<
    string,
    { count: number; first: string }
  >();
  private readonly markets = new Map<Market, MarketTally>();

  count(
    file: string,
    place: number,
    trades: readonly Trade[],
    refused: readonly { reason: string; detail: string }[],
  ): void {
    this.entries++;
    for (const { reason, detail } of refused) {
      const known = this.refused.get(reason);
      if (known === undefined)
        this.refused.set(reason, {
          count: 1,
          first: `${file}:${place}: ${detail}`,
        });
      else known.count++;
    }
    for (const trade of trades) this.countTrade(trade);
  }

  clocks(): { market: Market; clock: number }[] {
    const newest = Math.max(
      ...[...this.markets.values()].map(({ lastTime }) => lastTime),
    );
    return [...this.markets.keys()].map((market) => ({
      market,
      clock: newest,
    }));
  }

  summary(files: number, seconds: number): ReplaySummary {
    return {
      files,
      entries: this.entries,
      trades: this.trades,
      refused: this.refused,
      markets: this.markets,
      seconds,
    };
  }

  private countTrade(trade: Trade): void {
    this.trades++;
    const first = BigInt(trade.ord);
    const last = first + BigInt(trade.count) - 1n;
    const known = this.markets.get(trade.market);
    if (known === undefined) {
      this.markets.set(trade.market, {
        trades: 1,
        firstTime: trade.time,
        lastTime: trade.time,
        firstOrd: first,
        lastOrd: last,
      });
      return;
    }
    known.trades++;
    known.firstTime = Math.min(known.firstTime, trade.time);
    known.lastTime = Math.max(known.lastTime, trade.time);
    if (first < known.firstOrd) known.firstOrd = first;
    if (last > known.lastOrd) known.lastOrd = last;
  }
}
