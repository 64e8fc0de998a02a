import type { Candle } from "../../domain/candle.js";
import { type Interval, nextOpenTime, openTimeOf } from "../../domain/interval.js";
import { type TimeRange, overlaps } from "../../domain/ranges.js";
import type { Comparison } from "../../domain/reconciliation.js";
import type { Compared } from "../../persistence/stores/reconciliation/comparison-store.js";
import type { Kline, Venue } from "../../venues/venue.js";
import { compare } from "./comparison.js";

/**
 * Compares the buckets that open at `due`.
 *
 * @param ours ascending, from the bucket before the first on; with flat ones where provably no
 *   trade happened
 * @param theirs the venue's candles, from the bucket before the first on
 * @param unwatched times in which no process followed the market
 * @param begin open time of the bucket of the market's first trade, which may lack those before it:
 *   a difference there is not judged, unless it is known to be complete
 */
export function compareAll(
  { ids, klines }: Venue,
  interval: Interval,
  due: readonly number[],
  ours: readonly Candle[],
  theirs: readonly Kline[],
  unwatched: readonly TimeRange[] = [],
  begin?: number,
): Compared[] {
  const own = new Map(ours.map((candle) => [candle.openTime, candle]));
  const klinesByTime = new Map(theirs.map((kline) => [kline.openTime, kline]));
  let at = 0;
  let lastClose: string | undefined;
  /** `complete` of a bucket without a candle: false where a trade may be missing in it. */
  const completeWithout = (openTime: number): false | null =>
    ids === "dense" ||
    unwatched.some((range) =>
      overlaps(range, {
        from: openTime,
        to: nextOpenTime(interval, openTime),
      }),
    )
      ? false
      : null;
  return due.map((openTime) => {
    for (; (ours[at]?.openTime ?? openTime) < openTime; at++) lastClose = ours[at]?.close;
    const candle = own.get(openTime);
    const before = klinesByTime.get(openTimeOf(interval, openTime - 1));
    const comparison = compare(
      candle,
      klinesByTime.get(openTime),
      klines.convention,
      before?.close ?? lastClose,
    );
    return {
      ...(openTime === begin && candle?.complete !== true ? unjudged(comparison) : comparison),
      openTime,
      complete: candle === undefined ? completeWithout(openTime) : candle.complete,
      version: candle?.version ?? 0,
    };
  });
}

function unjudged({ fields }: Comparison): Comparison {
  return { outcome: "match", fields: fields.map((field) => ({ ...field, judged: false })) };
}
