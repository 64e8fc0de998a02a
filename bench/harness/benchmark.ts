import type { Servers } from "./servers.js";

/** How much is done: everything, or just enough to show that the benchmark works. */
export interface Scale {
  smoke: boolean;
  /** Measured rounds, after one warm-up round. */
  runs: number;
  /** Shows progress; overwrites the previous line. */
  say: (text: string) => void;
}

/**
 * A measurement of one contestant: one sample per measured round, and its unit (`trades/s`, `ms`,
 * `MB`…).
 */
export interface Figure {
  unit: string;
  samples: number[];
}

/** A line of the table. Figures of one name have one unit in all rows. */
export interface Row {
  contestant: string;
  /** `bare`: the minimum of work possible; `peer`: common alternatives. */
  kind: "tapeline" | "bare" | "peer";
  figures: Record<string, Figure>;
}

/** A target. `value` and `limit` are in `unit`. */
export interface Bar {
  what: string;
  value: number;
  unit: string;
  is: "at least" | "at most";
  limit: number;
}

/** The result of a benchmark, which has checked that every run's result is right, or has thrown. */
export interface Outcome {
  rows: Row[];
  bars: Bar[];
  /** Notes for the reader, a sentence each. */
  notes: string[];
}

/** One workload, with contestants that run in turn. */
export interface Benchmark {
  /** Also the name of its file and of its results. */
  name: string;
  title: string;
  /** The workload of the full run, in a sentence or two. */
  workload: string;
  /** The figure that its chart shows. */
  chart: string;
  run: (servers: Servers, scale: Scale) => Promise<Outcome>;
}

export interface Contestant {
  name: string;
  kind: Row["kind"];
  /** For slow contestants: one run, without a warm-up round. */
  isRunOnce?: boolean;
  /** One run: its figures, and their units by name. Throws when its result is not exactly right. */
  run: () => Promise<Record<string, { unit: string; value: number }>>;
}

/**
 * A warm-up round (caches, compilers), then `runs` measured ones; contestants run in turn within
 * each.
 */
export async function takeTurns(
  contestants: readonly Contestant[],
  { runs, smoke, say }: Pick<Scale, "runs" | "smoke" | "say">,
): Promise<Row[]> {
  const rows = contestants.map(({ name, kind }): Row => {
    return { contestant: name, kind, figures: {} };
  });
  for (let round = smoke ? 1 : 0; round <= runs; round++) {
    for (const [index, { name, isRunOnce, run }] of contestants.entries()) {
      if (isRunOnce === true && round !== 1) continue;
      say(`${round === 0 ? "warming up" : `round ${round} of ${runs}`}: ${name}`);
      const measured = await run();
      if (round === 0) continue;
      const { figures } = rows[index] as Row;
      for (const [what, { unit, value }] of Object.entries(measured))
        (figures[what] ??= { unit, samples: [] }).samples.push(value);
    }
  }
  return rows;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** The value below which this part (0–1) of the values lies; the largest for 1. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1);
  return sorted[Math.max(0, at)] ?? 0;
}

/** Median of one figure of one contestant. */
export function medianOf(rows: readonly Row[], contestant: string, figure: string): number {
  const row = rows.find((it) => it.contestant === contestant);
  const found = row?.figures[figure];
  if (found === undefined) throw new Error(`no figure "${figure}" of "${contestant}"`);
  return median(found.samples);
}

/**
 * Percentage of the peer's figure, round by round, so that a slow minute of the machine affects
 * both; a peer that runs once is compared in its round.
 */
export function percentOf(
  rows: readonly Row[],
  contestant: string,
  peer: string,
  figure: string,
): number {
  const samples = (name: string): number[] =>
    rows.find((it) => it.contestant === name)?.figures[figure]?.samples ?? [];
  const [own, others] = [samples(contestant), samples(peer)];
  const pairs = Math.min(own.length, others.length);
  if (pairs === 0 || (own.length !== others.length && others.length !== 1))
    throw new Error(`"${contestant}" and "${peer}" have no pairs of ${figure}`);
  return median(own.slice(0, pairs).map((value, at) => (value / (others[at] as number)) * 100));
}
