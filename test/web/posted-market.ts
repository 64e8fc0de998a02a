import type { Process } from "../support/app.js";

export const INGEST_KEY = "a-key-that-only-this-test-knows";
const MAX_PER_REQUEST = 1_000;

export interface PostedTrade {
  time: number;
  price: string;
  amount: string;
  takerSide?: "buy" | "sell";
}

/** Trades of a posted market, with ids from 1 on. */
export async function postTrades(
  app: Process,
  market: string,
  trades: readonly PostedTrade[],
): Promise<void> {
  const rows = trades.map((trade, at) => ({
    takerSide: at % 3 === 0 ? "sell" : "buy",
    ...trade,
    market,
    id: String(at + 1),
  }));
  for (let at = 0; at < rows.length; at += MAX_PER_REQUEST) {
    const answer = await fetch(`${app.url}/api/v1/trades`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${INGEST_KEY}`,
      },
      body: JSON.stringify(rows.slice(at, at + MAX_PER_REQUEST)),
    });
    if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
  }
}

const MINUTE = 60_000;

/** Two trades in nearly every minute from `start` on, at prices of a random walk. */
export function wanderingTrades(start: number, minutes: number): PostedTrade[] {
  const trades: PostedTrade[] = [];
  let cents = 250_000;
  for (let minute = 0; minute < minutes; minute++) {
    cents += Math.round(900 * Math.sin(minute / 40) + 300 * Math.sin(minute));
    if (minute % 97 === 50) continue;
    for (const part of [0.2, 0.7])
      trades.push({
        time: start + (minute + part) * MINUTE,
        price: (cents / 100 + part).toFixed(2),
        amount: `${1 + ((minute * 7) % 13)}.${minute % 10}5`,
      });
  }
  return trades;
}
