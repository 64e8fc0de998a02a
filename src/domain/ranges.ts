/** Raw trade ids `from … to − 1`. */
export interface IdRange {
  from: bigint;
  /** Exclusive. */
  to: bigint;
}

/** Exchange times, epoch ms. */
export interface TimeRange {
  from: number;
  /** Exclusive. */
  to: number;
}

/** Of ids, or of times. */
interface Range<T extends bigint | number> {
  from: T;
  to: T;
}

export function overlaps<T extends bigint | number>(a: Range<T>, b: Range<T>): boolean {
  return a.from < b.to && b.from < a.to;
}

/** The values that both hold; undefined when there are none. */
export function intersect<T extends bigint | number>(
  a: Range<T>,
  b: Range<T>,
): Range<T> | undefined {
  const from = a.from > b.from ? a.from : b.from;
  const to = a.to < b.to ? a.to : b.to;
  return from < to ? { from, to } : undefined;
}

/** The same values in ascending ranges that do not touch. */
export function coalesce<T extends bigint | number>(ranges: readonly Range<T>[]): Range<T>[] {
  const joined: Range<T>[] = [];
  const ascending = ranges
    .filter(({ from, to }) => from < to)
    .sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  for (const { from, to } of ascending) {
    const last = joined.at(-1);
    if (last === undefined || from > last.to) joined.push({ from, to });
    else if (to > last.to) last.to = to;
  }
  return joined;
}

/** The values of `whole` that none of the others holds; ascending ranges. */
export function subtract<T extends bigint | number>(
  whole: Range<T>,
  others: readonly Range<T>[],
): Range<T>[] {
  const left: Range<T>[] = [];
  let from = whole.from;
  for (const other of coalesce(others)) {
    const to = other.from < whole.to ? other.from : whole.to;
    if (from < to) left.push({ from, to });
    if (other.to > from) from = other.to;
  }
  if (from < whole.to) left.push({ from, to: whole.to });
  return left;
}

/** The range that holds the value, by binary search: ranges must ascend and not overlap. */
export function rangeHolding<T extends bigint | number>(
  value: T,
  ranges: readonly Range<T>[],
): Range<T> | undefined {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle] as Range<T>;
    if (value < range.from) high = middle - 1;
    else if (value >= range.to) low = middle + 1;
    else return range;
  }
  return undefined;
}

/** Text of an int8multirange for PostgreSQL; the ranges may be in any order. */
export function multirangeOf(ranges: readonly Range<bigint | number>[]): string {
  return `{${ranges.map(({ from, to }) => `[${from},${to})`).join(",")}}`;
}

/**
 * Parses an int8multirange as PostgreSQL writes it, with both ends bounded: ascending ranges that
 * do not touch.
 */
export function idRangesOf(multirange: string): IdRange[] {
  return endsOf(multirange).map(([from, to]) => ({
    from: BigInt(from),
    to: BigInt(to),
  }));
}

/** The same for times. */
export function timeRangesOf(multirange: string): TimeRange[] {
  return endsOf(multirange).map(([from, to]) => ({
    from: Number(from),
    to: Number(to),
  }));
}

function endsOf(multirange: string): [from: string, to: string][] {
  if (multirange === "{}") return [];
  // {[1,5),[8,9)}
  return multirange
    .slice(2, -2)
    .split("),[")
    .map((ends) => {
      const comma = ends.indexOf(",");
      return [ends.slice(0, comma), ends.slice(comma + 1)];
    });
}
