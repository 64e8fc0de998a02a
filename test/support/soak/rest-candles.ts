import type { Candle } from "../../../src/domain/candle.js";

const PAGE = 1_000;

/**
 * All candles of a market from a time on, over all pages; throws when the API does not answer with
 * them.
 */
export async function candlesOf(
  url: string,
  market: string,
  interval: string,
  since: number,
): Promise<Candle[]> {
  const candles: Candle[] = [];
  for (let start = since; ;) {
    const query = `interval=${interval}&start=${start}&limit=${PAGE}`;
    const page = await rest<Candle[]>(
      url,
      `/api/v1/markets/${encodeURIComponent(market)}/candles?${query}`,
    );
    candles.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return candles;
    start = last.openTime + 1;
  }
}

export async function rest<T>(url: string, path: string): Promise<T> {
  const response = await fetch(url + path, {
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
