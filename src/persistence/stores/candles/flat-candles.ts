import type { Candle } from "../../../domain/candle.js";
import type { Coverage } from "../../../domain/coverage.js";
import { nextOpenTime } from "../../../domain/interval.js";
import { rangeHolding } from "../../../domain/ranges.js";

/**
 * Puts a flat candle into each empty bucket between two candles where coverage proves that there
 * was no trade: zero trades and volume, every price the close before, version 0.
 *
 * @param candles ascending, of one market and interval
 * @param keep which `limit` rows are returned when there are more
 */
export function withFlatCandles(
  candles: readonly Candle[],
  coverage: Coverage,
  limit: number,
  keep: "oldest" | "newest",
): Candle[] {
  // Walks from the end that is kept, so that years without a trade cost no more than one page.
  const rows: Candle[] = [];
  const walk = keep === "oldest" ? candles : [...candles].reverse();
  for (const [index, candle] of walk.entries()) {
    const last = walk[index - 1];
    if (last !== undefined) {
      const [before, after] = keep === "oldest" ? [last, candle] : [candle, last];
      if (nothingMissing(before, after, coverage))
        rows.push(...flat(before, after.openTime, limit - rows.length, keep));
    }
    if (rows.length >= limit) break;
    rows.push(candle);
  }
  return keep === "oldest" ? rows : rows.reverse();
}

/**
 * Whether one range contains the last trade of `before`, the first of `after` and all ids between.
 */
function nothingMissing(before: Candle, after: Candle, coverage: Coverage): boolean {
  if (before.lastTradeId === null || after.firstTradeId === null) return false;
  const range = rangeHolding(BigInt(before.lastTradeId), coverage.ranges);
  return range !== undefined && BigInt(after.firstTradeId) < range.to;
}

function flat(before: Candle, until: number, room: number, keep: "oldest" | "newest"): Candle[] {
  const opens: number[] = [];
  const first = before.closeTime + 1;
  const step = nextOpenTime(before.interval, first) - first;
  // Calendar months differ in length, but no market goes without a trade for enough of them to
  // matter.
  const skip =
    keep === "newest" && before.interval !== "1M"
      ? Math.max(0, Math.floor((until - first) / step) - room)
      : 0;
  for (let at = first + skip * step; at < until; at = nextOpenTime(before.interval, at)) {
    opens.push(at);
    if (keep === "oldest" && opens.length >= room) break;
  }
  const rows = opens.map((openTime) => flatCandle(before, openTime));
  return keep === "oldest" ? rows : rows.reverse().slice(0, room);
}

function flatCandle(before: Candle, openTime: number): Candle {
  const price = before.close;
  return {
    ...before,
    openTime,
    closeTime: nextOpenTime(before.interval, openTime) - 1,
    open: price,
    high: price,
    low: price,
    volume: "0",
    quoteVolume: "0",
    takerBuyVolume: "0",
    takerBuyQuoteVolume: "0",
    trades: 0,
    firstTradeId: null,
    lastTradeId: null,
    closed: true,
    version: 0,
    revision: 0,
    complete: true,
  };
}
