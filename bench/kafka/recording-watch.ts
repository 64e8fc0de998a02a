import { setTimeout as sleep } from "node:timers/promises";
import type { ContestantProcess } from "../harness/contestant-process.js";
import { cpuSeconds, residentMegabytes } from "../harness/process-figures.js";

const SAMPLE_MS = 250;
/** After this time without a newly stored trade the run has failed. */
const STALLED_MS = 60_000;

export interface Watched {
  rate: number;
  cpuMicroseconds: number;
  /** Resident memory of the contestant, at most. */
  megabytes: number;
  /**
   * Its highest memory in the last quarter of the time over that of the first; undefined when there
   * was no time to see.
   */
  growthPercent: number | undefined;
}

interface Seen {
  at: number;
  stored: number;
  cpu: number;
}

/**
 * Watches a contestant from its first stored batch until it has stored `trades`, without the start
 * of its process. `stored` queries the database.
 */
export async function watchRecording(
  contestant: ContestantProcess,
  trades: number,
  stored: () => Promise<number>,
  everyMs = 25,
): Promise<Watched> {
  const { pid } = contestant;
  const memory: number[] = [];
  let first: Seen | undefined;
  let last = { stored: 0, at: performance.now() };
  for (;;) {
    const count = await stored();
    const at = performance.now();
    if (count > 0 && first === undefined) first = { at, stored: count, cpu: cpuSeconds(pid) };
    if (first !== undefined && at - first.at >= memory.length * SAMPLE_MS)
      memory.push(residentMegabytes(pid));
    if (first !== undefined && count >= trades) {
      // All in one batch, such as in a smoke: there is a result, and no speed.
      const counted = Math.max(1, trades - first.stored);
      return {
        rate: counted / Math.max(0.001, (at - first.at) / 1_000),
        cpuMicroseconds: ((cpuSeconds(pid) - first.cpu) * 1e6) / counted,
        megabytes: Math.max(...memory),
        growthPercent: growthOf(memory),
      };
    }
    if (count > last.stored) last = { stored: count, at };
    if (!contestant.isRunning || at - last.at > STALLED_MS)
      throw new Error(`a contestant stopped at ${count} of ${trades} trades`);
    await sleep(everyMs);
  }
}

function growthOf(memory: readonly number[]): number | undefined {
  const quarter = memory.length >> 2;
  if (quarter < 4) return undefined;
  const highest = (part: readonly number[]): number => Math.max(...part);
  const before = highest(memory.slice(0, quarter));
  return (highest(memory.slice(-quarter)) / before - 1) * 100;
}
