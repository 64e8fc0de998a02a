import { setTimeout as sleep } from "node:timers/promises";
import type { Market } from "../../domain/market.js";
import { hasCode } from "../../domain/tapeline-error.js";
import { BulkSender } from "../../streaming/bulk-sender.js";
import type { Transport } from "../../streaming/transport.js";
import type { Venue } from "../../venues/venue.js";
import { sizeOf, unreplayable } from "./files.js";
import { readRecording } from "./reader.js";
import { type MarketTally, type RefusedTally, ReplayTally } from "./tally.js";

/** With `--speed`, due trades are sent at least this often. */
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
  /** Lines and array elements, with or without trades. */
  entries: number;
  trades: number;
  /** By reason. */
  refused: ReadonlyMap<string, RefusedTally>;
  /** Files that could not be read to their end, with the place: what comes before it was sent. */
  damaged: readonly string[];
  markets: ReadonlyMap<Market, MarketTally>;
  seconds: number;
}

/**
 * Sends recordings through the same pipeline as live trades, on the bulk topic. Resolves when the
 * transport cannot lose them any more. The last record of each market is a clock. Throws
 * `replay_failed`, before anything is sent, for a file that does not exist. Damaged files are named
 * in the summary, and so is the first bad line of each reason; they do not keep the others from
 * being sent.
 */
export async function replay(
  { venue, files, symbol, speed, signal }: ReplayOptions,
  transport: Transport,
  progress: (at: ReplayProgress) => void,
): Promise<ReplaySummary> {
  if (symbol !== undefined && !venue.symbols.pattern.test(symbol))
    throw unreplayable(
      "--symbol",
      `a symbol of ${venue.name} must be ${venue.symbols.rule}, not ${JSON.stringify(symbol)}`,
    );
  const started = performance.now();
  const sizes = await Promise.all(files.map(sizeOf));
  const of = sizes.reduce((sum, size) => sum + size, 0);
  const tally = new ReplayTally();
  const sender = new BulkSender(transport, signal);
  const pace = new Pace(speed, signal);
  const damaged: string[] = [];
  let before = 0;
  for (const [index, file] of files.entries()) {
    try {
      for await (const { entries, placeOf, bytesRead } of readRecording(file, venue, symbol)) {
        signal.throwIfAborted();
        tally.entries += entries.length;
        for (const [at, { trades, refused, at: time }] of entries.entries()) {
          if (refused.length > 0) tally.refuse(file, placeOf(at), refused);
          if (trades.length === 0) continue;
          tally.count(trades);
          const wait = pace.ahead(time);
          if (wait > 0) {
            await sender.flush();
            progress({ bytes: before + bytesRead, of, trades: tally.trades });
            await pace.wait(wait);
          }
          for (const trade of trades) sender.add(trade);
          if (sender.isFull()) await sender.flush();
        }
        progress({ bytes: before + bytesRead, of, trades: tally.trades });
      }
    } catch (error) {
      if (!hasCode(error, "replay_failed")) throw error;
      damaged.push(error.message);
    }
    before += sizes[index] ?? 0;
    progress({ bytes: before, of, trades: tally.trades });
  }
  await sender.finish();
  for (const clock of tally.clocks()) sender.add(clock);
  await sender.finish();
  const seconds = (performance.now() - started) / 1_000;
  const { entries, trades, refused } = tally;
  return {
    files: files.length,
    entries,
    trades,
    refused,
    damaged,
    markets: tally.markets(),
    seconds,
  };
}

class Pace {
  private origin: { at: number; real: number } | undefined;

  constructor(
    private readonly speed: number | undefined,
    private readonly signal: AbortSignal,
  ) {}

  /** Real ms until an entry of this time is due; 0 for waits up to `PACED_MS`. */
  ahead(at: number): number {
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
