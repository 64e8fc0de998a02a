import type { Market } from "../../src/domain/market.js";
import type { Ticker } from "../../src/live/ticker.js";

/** A ticker for specs. */
export function tickerFor(market: Market, figures: Partial<Ticker> = {}): Ticker {
  return {
    market,
    last: "100",
    open: "99",
    high: "101",
    low: "98",
    volume: "12.5",
    quoteVolume: "1250",
    change: "1",
    changePercent: "1.01",
    trades: 10,
    tradesPerMinute: 2,
    complete: true,
    openTime: 0,
    closeTime: 86_399_999,
    stale: false,
    ...figures,
  };
}
