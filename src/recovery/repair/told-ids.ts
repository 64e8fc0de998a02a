import type { IdRange } from "../../domain/coverage.js";
import type { Trade } from "../../domain/trade.js";

/** Runs of ids that one attempt remembers as absent; of more, the rest is left to the next attempt. */
const MOST_RUNS = 10_000;

/** What a venue has told of a hole: which of its ids have no trade, and how many it told nothing of. */
export class ToldIds {
  /** Ids that were told about, and of which no trade came. */
  readonly absent: IdRange[] = [];
  /** Highest id of a trade that came. */
  highest = -1n;
  private told = 0n;

  constructor(private readonly hole: IdRange) {}

  /** One page: all trades that reach into the told range are on it, in ascending order. */
  add(told: IdRange | undefined, trades: readonly Trade[]): void {
    for (const { ord, count } of trades) {
      const last = BigInt(ord) + BigInt(count) - 1n;
      if (last > this.highest) this.highest = last;
    }
    if (told === undefined) return;
    this.told += told.to - told.from;
    let from = told.from;
    for (const { ord, count } of trades) {
      const first = BigInt(ord);
      if (first > from) this.isAbsent(from, first < told.to ? first : told.to);
      const end = first + BigInt(count);
      if (end > from) from = end;
    }
    if (from < told.to) this.isAbsent(from, told.to);
  }

  /** How many ids of the hole nothing was told of. */
  get untold(): bigint {
    return this.hole.to - this.hole.from - this.told;
  }

  /** Absent ids up to one that the venue is known to know: beyond, it may not have heard of them yet. */
  absentUpTo(newest: bigint): IdRange[] {
    return this.absent
      .filter(({ from }) => from <= newest)
      .map(({ from, to }) => ({ from, to: to <= newest ? to : newest + 1n }));
  }

  private isAbsent(from: bigint, to: bigint): void {
    if (from < to && this.absent.length < MOST_RUNS)
      this.absent.push({ from, to });
  }
}
