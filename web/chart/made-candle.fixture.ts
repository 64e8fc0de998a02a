import type { Candle } from "../../src/domain/candle.js";

const MINUTE = 60_000;

/** A closed one-minute candle of the minute, with the given fields replaced. */
export function madeCandle(minute: number, more: Partial<Candle> = {}): Candle {
  return {
    market: "sim:A",
    interval: "1m",
    openTime: minute * MINUTE,
    closeTime: (minute + 1) * MINUTE - 1,
    open: "100",
    high: "101.5",
    low: "99",
    close: "101",
    volume: "12.5",
    quoteVolume: "1250",
    takerBuyVolume: "7",
    takerBuyQuoteVolume: "700",
    trades: 120,
    firstTradeId: "1",
    lastTradeId: "120",
    closed: true,
    version: 3,
    revision: 0,
    complete: true,
    ...more,
  };
}
