import { fromUnits, toUnits } from "../../src/domain/decimal.js";
import { type Interval, closeTimeOf } from "../../src/domain/interval.js";
import type { Trade } from "../../src/domain/trade.js";

/** Fields of a candle that follow from its trades alone. */
export interface Folded {
  openTime: number;
  closeTime: number;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
  quoteVolume: string;
  takerBuyVolume: string;
  takerBuyQuoteVolume: string;
  trades: number;
}

const DAY = 86_400_000;

/**
 * Bucket arithmetic written a second time, with the calendar instead of division where there is a
 * choice.
 */
function bucketOf(interval: Interval, time: number): number {
  const date = new Date(time);
  const amount = Number.parseInt(interval, 10);
  const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  switch (interval.slice(-1)) {
    case "s":
      return Date.UTC(
        date.getUTCFullYear(),
        date.getUTCMonth(),
        date.getUTCDate(),
        date.getUTCHours(),
        date.getUTCMinutes(),
        date.getUTCSeconds(),
      );
    case "m":
      return (
        midnight +
        date.getUTCHours() * 3_600_000 +
        Math.floor(date.getUTCMinutes() / amount) * amount * 60_000
      );
    case "h":
      return midnight + Math.floor(date.getUTCHours() / amount) * amount * 3_600_000;
    case "w":
      return midnight - ((date.getUTCDay() + 6) % 7) * DAY;
    case "M":
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
    default:
      return midnight - (Math.floor(midnight / DAY) % amount) * DAY;
  }
}

/**
 * The naive fold: sort, group, add up. Off-book prints are in no candle; a repeated id counts once.
 */
export function fold(trades: readonly Trade[], interval: Interval): Folded[] {
  const unique = [...new Map(trades.map((trade) => [trade.id, trade])).values()].filter(
    ({ offBook }) => !offBook,
  );
  unique.sort((a, b) => a.time - b.time || (BigInt(a.ord) < BigInt(b.ord) ? -1 : 1));
  const groups = new Map<number, Trade[]>();
  for (const trade of unique) {
    const bucket = bucketOf(interval, trade.time);
    groups.set(bucket, [...(groups.get(bucket) ?? []), trade]);
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([openTime, group]) => folded(openTime, interval, group));
}

function folded(openTime: number, interval: Interval, group: readonly Trade[]): Folded {
  const prices = group.map(({ price }) => toUnits(price));
  const buys = group.filter(({ takerSide }) => takerSide === "buy");
  const volume = (of: readonly Trade[]): string =>
    fromUnits(of.reduce((sum, { amount }) => sum + toUnits(amount), 0n));
  const quote = (of: readonly Trade[]): string =>
    fromUnits(of.reduce((sum, trade) => sum + product(trade), 0n));
  return {
    openTime,
    closeTime: closeTimeOf(interval, openTime),
    open: group[0]?.price ?? "",
    high: fromUnits(prices.reduce((a, b) => (a > b ? a : b))),
    low: fromUnits(prices.reduce((a, b) => (a < b ? a : b))),
    close: group.at(-1)?.price ?? "",
    volume: volume(group),
    quoteVolume: quote(group),
    takerBuyVolume: volume(buys),
    takerBuyQuoteVolume: quote(buys),
    trades: group.reduce((sum, { count }) => sum + count, 0),
  };
}

const ONE = toUnits("1");

/** Exact: both factors have at most 18 fraction digits. */
function product({ price, amount }: Trade): bigint {
  return (toUnits(price) * toUnits(amount)) / ONE;
}

export function foldedPart(candle: Folded): Folded {
  const {
    openTime,
    closeTime,
    open,
    high,
    low,
    close,
    volume,
    quoteVolume,
    takerBuyVolume,
    takerBuyQuoteVolume,
    trades,
  } = candle;
  return {
    openTime,
    closeTime,
    open,
    high,
    low,
    close,
    volume,
    quoteVolume,
    takerBuyVolume,
    takerBuyQuoteVolume,
    trades,
  };
}
