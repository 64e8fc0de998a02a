import { until } from "../app.js";
import type { BinanceExchange } from "../exchange/binance-exchange.js";
import type { Fault } from "../exchange/faults.js";

/**
 * Stops the market for as long as no process has the stream that a fault is for (ms): it is to be
 * met, however long a machine takes to start a process again.
 */
export async function whileNobodyListens(
  { streams, clock }: BinanceExchange,
  fault: Fault,
  signal?: AbortSignal,
): Promise<number> {
  const isHeard = (): boolean =>
    "symbol" in fault ? streams.followers(streamOf(fault.symbol)) > 0 : streams.connections > 0;
  if (isHeard()) return 0;
  const begin = performance.now();
  clock.pause();
  try {
    await until(() => {
      signal?.throwIfAborted();
      return isHeard();
    }, 120_000);
  } finally {
    clock.resume();
  }
  return performance.now() - begin;
}

export function streamOf(symbol: string): string {
  return `${symbol.toLowerCase()}@aggTrade`;
}
