import type { Trade } from "../../src/domain/trade.js";

/** The same trades, slower in market time by a factor. */
export function* stretched(trades: Iterable<Trade>, factor: number): Generator<Trade> {
  let start: number | undefined;
  for (const trade of trades) {
    start ??= trade.time;
    const time = start + (trade.time - start) * factor;
    yield { ...trade, time, receivedAt: time + 3 };
  }
}
