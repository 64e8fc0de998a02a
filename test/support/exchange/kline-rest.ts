import { type Interval, nextOpenTime } from "../../../src/domain/interval.js";
import type { Trade } from "../../../src/domain/trade.js";
import type { KlineConvention } from "../../../src/venues/venue.js";
import { type Folded, fold } from "../fold.js";
import { candleOf } from "../venue-candles.js";

/** A venue's candle, before it is encoded. */
export type Bar = Folded;

/** A venue's candle requests and answers, by its documents. */
export interface KlineDialect {
  convention: Pick<KlineConvention, "open" | "empty">;
  /** The parameters of a candle request; undefined for another path. */
  parse(url: URL): { symbol: string; interval: Interval; start: number; end: number } | undefined;
  /** The body with these candles, which ascend. */
  encode(bars: readonly Bar[], symbol: string): unknown;
}

const number = (url: URL, name: string): number => Number(url.searchParams.get(name));
const text = (url: URL, name: string): string => url.searchParams.get(name) ?? "";

export const BINANCE: KlineDialect = {
  convention: { open: "first trade", empty: "absent" },
  parse: (url) =>
    url.pathname === "/api/v3/klines"
      ? {
          symbol: text(url, "symbol"),
          interval: text(url, "interval") as Interval,
          start: number(url, "startTime"),
          end: number(url, "endTime") + 1,
        }
      : undefined,
  encode: (bars) =>
    bars.map((bar) => [
      bar.openTime,
      bar.open,
      bar.high,
      bar.low,
      bar.close,
      bar.volume,
      bar.closeTime,
      bar.quoteVolume,
      bar.trades,
      bar.takerBuyVolume,
      bar.takerBuyQuoteVolume,
      "0",
    ]),
};

const BYBIT_INTERVALS: Record<string, Interval> = { "1": "1m", "5": "5m" };

export const BYBIT: KlineDialect = {
  convention: { open: "previous close", empty: "flat" },
  parse: (url) =>
    url.pathname === "/v5/market/kline"
      ? {
          symbol: text(url, "symbol"),
          interval: BYBIT_INTERVALS[text(url, "interval")] ?? "1M",
          start: number(url, "start"),
          end: number(url, "end") + 1,
        }
      : undefined,
  encode: (bars, symbol) => ({
    retCode: 0,
    retMsg: "OK",
    result: {
      symbol,
      list: [...bars]
        .reverse()
        .map((bar) => [
          String(bar.openTime),
          bar.open,
          bar.high,
          bar.low,
          bar.close,
          bar.volume,
          bar.quoteVolume,
        ]),
    },
  }),
};

const KRAKEN_INTERVALS: Record<string, Interval> = { "1": "1m", "5": "5m" };
const KRAKEN_MAX = 720;

export const KRAKEN: KlineDialect = {
  convention: { open: "first trade", empty: "flat" },
  parse: (url) =>
    url.pathname === "/0/public/OHLC"
      ? {
          symbol: text(url, "pair"),
          interval: KRAKEN_INTERVALS[text(url, "interval")] ?? "1M",
          start: number(url, "since") * 1_000 + 1,
          end: Infinity,
        }
      : undefined,
  encode: (bars, symbol) => ({
    error: [],
    result: {
      [symbol]: bars
        .slice(-KRAKEN_MAX)
        .map((bar) => [
          bar.openTime / 1_000,
          bar.open,
          bar.high,
          bar.low,
          bar.close,
          "0",
          bar.volume,
          bar.trades,
        ]),
      last: (bars.at(-1)?.openTime ?? 0) / 1_000,
    },
  }),
};

/** A venue's candles of its trades up to `now`, in its convention. */
export function barsOf(
  trades: readonly Trade[],
  interval: Interval,
  convention: KlineDialect["convention"],
  now: number,
): Bar[] {
  const byTime = new Map(fold(trades, interval).map((bar) => [bar.openTime, bar]));
  const first = Math.min(...byTime.keys());
  const bars: Bar[] = [];
  for (let at = first; at < now; at = nextOpenTime(interval, at)) {
    const end = nextOpenTime(interval, at);
    const inside = trades.filter(({ time }) => time >= at && time < end);
    const candle = candleOf(inside, interval, convention, bars.at(-1)?.close);
    if (candle !== undefined)
      bars.push({
        takerBuyVolume: "0",
        takerBuyQuoteVolume: "0",
        ...candle,
        openTime: at,
        closeTime: end - 1,
      } as Bar);
  }
  return bars;
}
