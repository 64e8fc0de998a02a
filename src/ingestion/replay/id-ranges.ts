import type { IdRange } from "../../domain/ranges.js";

/** With more ranges than this, holes are no longer counted. */
const MAX_RANGES = 100_000;

/** The ids that have been seen, added in any order; cheap while they count up. */
export class IdRanges {
  /** Ascending, not adjacent. */
  private readonly ranges: IdRange[] = [];
  private isFull = false;

  add(from: bigint, count: number): void {
    const to = from + BigInt(count);
    const newest = this.ranges.at(-1);
    if (newest !== undefined && from === newest.to) newest.to = to;
    else if (newest === undefined || from > newest.to) this.insert(this.ranges.length, from, to);
    else this.merge(from, to);
  }

  /**
   * Number of holes between the first and the last id, and of ids in them; undefined above
   * `MAX_RANGES`.
   */
  gaps(): { holes: number; ids: bigint } | undefined {
    const first = this.ranges[0];
    const last = this.ranges.at(-1);
    if (this.isFull) return undefined;
    if (first === undefined || last === undefined) return { holes: 0, ids: 0n };
    const held = this.ranges.reduce((sum, { from, to }) => sum + to - from, 0n);
    return { holes: this.ranges.length - 1, ids: last.to - first.from - held };
  }

  get first(): bigint | undefined {
    return this.ranges[0]?.from;
  }

  /** The highest id. */
  get last(): bigint | undefined {
    const newest = this.ranges.at(-1);
    return newest === undefined ? undefined : newest.to - 1n;
  }

  private merge(from: bigint, to: bigint): void {
    let low = 0;
    let high = this.ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ranges[middle] as IdRange).to < from) low = middle + 1;
      else high = middle;
    }
    let end = low;
    let [start, stop] = [from, to];
    for (; end < this.ranges.length && (this.ranges[end] as IdRange).from <= stop; end++) {
      const touched = this.ranges[end] as IdRange;
      if (touched.from < start) start = touched.from;
      if (touched.to > stop) stop = touched.to;
    }
    if (end === low) this.insert(low, from, to);
    else this.ranges.splice(low, end - low, { from: start, to: stop });
  }

  private insert(at: number, from: bigint, to: bigint): void {
    if (this.ranges.length >= MAX_RANGES) this.isFull = true;
    else this.ranges.splice(at, 0, { from, to });
  }
}
