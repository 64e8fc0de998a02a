import { HttpStatus } from "@nestjs/common";
import { type Market, parseMarket } from "../../domain/market.js";
import { ProblemException } from "../../http/problem.js";
import type { KnownMarkets } from "../../live/known-markets.js";

/** Throws a 404 for a market that has neither a trade nor a feed. */
export async function requireMarket(known: KnownMarkets, market: Market): Promise<void> {
  if (!(await known.has(market))) throw unknownMarket(market);
}

export function unknownMarket(market: string): ProblemException {
  const hint =
    parseMarket(market) === undefined
      ? "; markets are written venue:symbol, such as binance:BTCUSDT"
      : "";
  return new ProblemException(
    HttpStatus.NOT_FOUND,
    "unknown_market",
    `There is no market ${JSON.stringify(market.slice(0, 120))}${hint}. GET /api/v1/markets lists them.`,
  );
}
