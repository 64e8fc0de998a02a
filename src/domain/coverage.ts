/** Raw trade ids `from … to − 1` that are held, or that the venue has no trade for. */
export interface IdRange {
  from: bigint;
  /** Exclusive. */
  to: bigint;
}

/** What is known of a market's ids around some candles; `ranges` ascend and do not touch each other. */
export interface Coverage {
  ranges: readonly IdRange[];
  /** Lowest id held at all. */
  oldest: bigint;
  /** End (exclusive) of the newest range held at all. */
  newest: bigint;
  /** Of a market whose ids tell nothing: when nobody followed it. */
  blind: readonly TimeRange[];
}

/** Exchange times, epoch ms. */
export interface TimeRange {
  from: number;
  /** Exclusive. */
  to: number;
}

/**
 * Whether every trade of a candle with the ids `idFrom … idTo − 1` is held.
 *
 * True: one range holds them all and more on both sides (or is the newest, which only time can extend). False: a hole
 * lies inside or beside them, so a missing trade may be this candle's. Null: nothing older is held, so the candle may
 * have begun earlier.
 */
export function completeness(
  idFrom: bigint,
  idTo: bigint,
  coverage: Coverage,
): boolean | null {
  const range = rangeHolding(idFrom, coverage.ranges);
  if (range === undefined || range.to < idTo) return false;
  if (range.to === idTo && range.to !== coverage.newest) return false;
  if (range.from < idFrom) return true;
  return range.from === coverage.oldest ? null : false;
}

/** The same where ids tell nothing. False: somebody looked away meanwhile. Null: nothing was missed that we know of. */
export function sightOf(
  openTime: number,
  closeTime: number,
  blind: readonly TimeRange[],
): false | null {
  return blind.some(({ from, to }) => from <= closeTime && to > openTime)
    ? false
    : null;
}

/** The range that holds `id`; `ranges` ascend. */
export function rangeHolding(
  id: bigint,
  ranges: readonly IdRange[],
): IdRange | undefined {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle] as IdRange;
    if (id < range.from) high = middle - 1;
    else if (id >= range.to) low = middle + 1;
    else return range;
  }
  return undefined;
}
