import { type IdRange, intersect, subtract } from "../../domain/ranges.js";
import type { Trade } from "../../domain/trade.js";

/** Ranges of absent ids that one attempt remembers; the rest is left to the next attempt. */
const MAX_RUNS = 10_000;

/**
 * What a venue has reported about a hole: which ids have no trade, and how many it said nothing
 * about.
 */
export class ReportedIds {
  /** Ids that a page covered without a trade. */
  readonly absent: IdRange[] = [];
  /** Highest id of a trade on any page; −1 without one. */
  highest = -1n;
  private reported = 0n;

  constructor(private readonly hole: IdRange) {}

  /**
   * Adds one page.
   *
   * @param range ids that the page covers
   * @param trades ascending, with all that reach into the range
   */
  add(range: IdRange | undefined, trades: readonly Trade[]): void {
    for (const { ord, count } of trades) {
      const last = BigInt(ord) + BigInt(count) - 1n;
      if (last > this.highest) this.highest = last;
    }
    if (range === undefined) return;
    this.reported += range.to - range.from;
    const runs = subtract(
      range,
      trades.map(({ ord, count }) => ({
        from: BigInt(ord),
        to: BigInt(ord) + BigInt(count),
      })),
    );
    this.absent.push(...runs.slice(0, MAX_RUNS - this.absent.length));
  }

  /** Number of ids of the hole that no page covered. */
  get unreported(): bigint {
    return this.hole.to - this.hole.from - this.reported;
  }

  /**
   * Absent ids up to `newest`, the highest id that the venue knows: of later ids it may know
   * nothing yet.
   */
  absentUpTo(newest: bigint): IdRange[] {
    const known = { from: 0n, to: newest + 1n };
    return this.absent.flatMap((run) => intersect(run, known) ?? []);
  }
}
