import { fromUnits, toUnits } from "../../src/domain/decimal.js";
import type { Interval } from "../../src/domain/interval.js";
import type { Trade } from "../../src/domain/trade.js";
import type { KlineConvention } from "../../src/venues/venue.js";
import { type Folded, fold } from "./fold.js";
import type { RecordedFrame } from "./venue-recordings.js";

/** One message with a venue's state of a candle; fields it does not have are omitted. */
export interface CandleUpdate {
  symbol: string;
  openTime: number;
  fields: Partial<Record<keyof Folded, string>>;
}

type Texts = Record<string, string | number | boolean>;

function update(symbol: string, openTime: number, fields: Record<string, unknown>): CandleUpdate {
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    name === "trades" ? String(value) : fromUnits(toUnits(String(value))),
  ]);
  return { symbol, openTime, fields: Object.fromEntries(entries) as never };
}

/** The venues' own candles among their frames, in order of arrival. */
export const CANDLES = {
  BINANCE: ({ text }: RecordedFrame): CandleUpdate[] => {
    const { stream, data } = JSON.parse(text) as {
      stream: string;
      data: { k: Texts };
    };
    if (!stream.includes("@kline_1m")) return [];
    const { s, t, o, h, l, c, v, n, q, V, Q } = data.k;
    const fields = {
      open: o,
      high: h,
      low: l,
      close: c,
      volume: v,
      trades: n,
      quoteVolume: q,
      takerBuyVolume: V,
      takerBuyQuoteVolume: Q,
    };
    return [update(String(s), Number(t), fields)];
  },
  BYBIT: ({ text }: RecordedFrame): CandleUpdate[] => {
    const { topic, data } = JSON.parse(text) as {
      topic?: string;
      data: Texts[];
    };
    if (topic?.startsWith("kline.1.") !== true) return [];
    return data.map(({ start, open, high, low, close, volume, turnover }) =>
      update(topic.slice(8), Number(start), {
        open,
        high,
        low,
        close,
        volume,
        quoteVolume: turnover,
      }),
    );
  },
  COINBASE: ({ text }: RecordedFrame): CandleUpdate[] => {
    const { channel, events } = JSON.parse(text) as {
      channel: string;
      events: { candles: Texts[] }[];
    };
    if (channel !== "candles") return [];
    return events.flatMap(({ candles }) =>
      candles.map(({ product_id, start, open, high, low, close, volume }) =>
        update(String(product_id), Number(start) * 1_000, {
          open,
          high,
          low,
          close,
          volume,
        }),
      ),
    );
  },
};

/**
 * The candle of one bucket's trades under a venue's convention; undefined if it makes none without
 * trades.
 */
export function candleOf(
  trades: readonly Trade[],
  interval: Interval,
  convention: Pick<KlineConvention, "open" | "empty">,
  closeBefore: string | undefined,
): Partial<Folded> | undefined {
  const [folded] = fold(trades, interval);
  if (folded === undefined) {
    if (convention.empty !== "flat" || closeBefore === undefined) return undefined;
    const [open, high, low, close] = Array<string>(4).fill(closeBefore);
    return {
      open,
      high,
      low,
      close,
      volume: "0",
      quoteVolume: "0",
      trades: 0,
    } as Partial<Folded>;
  }
  if (convention.open !== "previous close" || closeBefore === undefined) return folded;
  const above = toUnits(closeBefore) > toUnits(folded.high);
  const below = toUnits(closeBefore) < toUnits(folded.low);
  return {
    ...folded,
    open: closeBefore,
    high: above ? closeBefore : folded.high,
    low: below ? closeBefore : folded.low,
  };
}

/**
 * How many of a bucket's updates equal the candle of one of the prefixes of its trades, each of a
 * prefix no shorter than the update before.
 */
export function matches(
  updates: readonly CandleUpdate[],
  trades: readonly Trade[],
  interval: Interval,
  convention: Pick<KlineConvention, "open" | "empty">,
  closeBefore: string | undefined,
): number {
  let length = 0;
  let found = 0;
  for (const { fields } of updates) {
    for (let end = length; end <= trades.length; end++) {
      const candle = candleOf(trades.slice(0, end), interval, convention, closeBefore);
      const isEqual =
        candle !== undefined &&
        Object.entries(fields).every(
          ([name, value]) => String(candle[name as keyof Folded]) === value,
        );
      if (!isEqual) continue;
      length = end;
      found++;
      break;
    }
  }
  return found;
}
