import { type IdRange, intersect, subtract } from "../../domain/ranges.js";
import type { Trade } from "../../domain/trade.js";

/** Runs of ids that one attempt remembers as absent; of more, the rest is left to the next attempt. */
const MAX_RUNS = 10_000;

/** What a venue has told of a hole: which of its ids have no trade, and how many it told nothing of. */
export class ReportedIds {
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
    const runs = subtract(
      told,
      trades.map(({ ord, count }) => ({
        from: BigInt(ord),
        to: BigInt(ord) + BigInt(count),
      })),
    );
    this.absent.push(...runs.slice(0, MAX_RUNS - this.absent.length));
  }

  /** How many ids of the hole nothing was told of. */
  get unreported(): bigint {
    return this.hole.to - this.hole.from - this.told;
  }

  /** Absent ids up to one that the venue is known to know: beyond, it may not have heard of them yet. */
  absentUpTo(newest: bigint): IdRange[] {
    const known = { from: 0n, to: newest + 1n };
    return this.absent.flatMap((run) => intersect(run, known) ?? []);
  }
}
