import { type Interval, openTimeOf } from "../../src/domain/interval.js";
import type { Trade } from "../../src/domain/trade.js";
import { binance } from "../../src/venues/binance/spot.js";
import { bybitLinear } from "../../src/venues/bybit/linear.js";
import { bybit } from "../../src/venues/bybit/spot.js";
import { coinbase } from "../../src/venues/coinbase/coinbase.js";
import type { Refused, Venue } from "../../src/venues/venue.js";
import { CANDLES, type CandleUpdate } from "./venue-candles.js";
import { type RecordedFrame, framesOf, isRecorded } from "./venue-recordings.js";

/** A recording that holds trades and the venue's own candles. */
export interface Golden {
  recording: keyof typeof CANDLES;
  interval: Interval;
  venues: [Venue, RegExp][];
  /** Updates of buckets whose every trade was recorded. */
  updates: number;
}

export const GOLDENS: readonly Golden[] = [
  {
    recording: "BYBIT",
    interval: "1m",
    venues: [
      [bybit, /spot/],
      [bybitLinear, /linear/],
    ],
    updates: isRecorded ? 85 : 10,
  },
  {
    recording: "COINBASE",
    interval: "5m",
    venues: [[coinbase, /./]],
    updates: isRecorded ? 6 : 10,
  },
  {
    recording: "BINANCE",
    interval: "1m",
    venues: [[binance, /./]],
    updates: isRecorded ? 1 : 10,
  },
];

/** A bucket of which every trade was recorded, and the venue's updates of it. */
export interface RecordedBucket {
  venue: Venue;
  symbol: string;
  openTime: number;
  /** By time and ord. */
  trades: Trade[];
  updates: CandleUpdate[];
  /** The close of the venue's candle before. */
  closeBefore: string | undefined;
}

export function decoded(
  venue: Venue,
  frames: readonly RecordedFrame[],
): { trades: Trade[]; refused: Refused[] } {
  const trades: Trade[] = [];
  const refused: Refused[] = [];
  for (const { text, receivedAt } of frames) {
    const frame = venue.decode(text, { receivedAt, source: "replay" });
    if (frame.type === "unreadable") refused.push(frame);
    if (frame.type !== "trades") continue;
    trades.push(...frame.trades);
    refused.push(...frame.refused);
  }
  return { trades, refused };
}

/** One a symbol at most: the newest. */
export function bucketsOf({ recording, interval, venues }: Golden): RecordedBucket[] {
  return venues.flatMap(([venue, address]) => {
    const frames = framesOf(recording).filter((frame) => address.test(frame.address));
    const { trades } = decoded(venue, frames);
    const updates = frames.flatMap((frame) => CANDLES[recording](frame));
    const symbols = [...new Set(updates.map(({ symbol }) => symbol))];
    return symbols.flatMap((symbol): RecordedBucket[] => {
      const own = trades
        .filter(({ market }) => market === `${venue.name}:${symbol}`)
        .sort((a, b) => a.time - b.time || (BigInt(a.ord) < BigInt(b.ord) ? -1 : 1));
      const mine = updates.filter((update) => update.symbol === symbol);
      const openTime = wholeBucket(venue, own, mine, interval, frames);
      if (openTime === undefined) return [];
      const before = mine.filter((update) => update.openTime < openTime);
      return [
        {
          venue,
          symbol,
          openTime,
          trades: own.filter(({ time }) => openTimeOf(interval, time) === openTime),
          updates: mine.filter((update) => update.openTime === openTime),
          closeBefore: before.at(-1)?.fields.close,
        },
      ];
    });
  });
}

/**
 * The newest bucket, if each of its trades was recorded: it began after the recording, or behind a
 * trade of before.
 */
function wholeBucket(
  venue: Venue,
  trades: readonly Trade[],
  updates: readonly CandleUpdate[],
  interval: Interval,
  frames: readonly RecordedFrame[],
): number | undefined {
  const newest = Math.max(...updates.map(({ openTime }) => openTime));
  const isRecordedFromStart =
    (frames[0]?.receivedAt ?? Infinity) < newest || (trades[0]?.time ?? Infinity) < newest;
  // Binance's candles have a trade count.
  const counted = updates.at(-1)?.fields.trades;
  const held = trades.filter(({ time }) => openTimeOf(interval, time) === newest);
  const isCounted =
    venue === binance && Number(counted) === held.reduce((sum, { count }) => sum + count, 0);
  return isRecordedFromStart || isCounted ? newest : undefined;
}
