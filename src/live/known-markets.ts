import { HttpStatus, Injectable } from "@nestjs/common";
import { type Market, parseMarket } from "../domain/market.js";
import { ProblemException } from "../http/problem.js";
import { MarketStore } from "../persistence/stores/market-store.js";

/** Which markets exist. One that exists never goes away, so it is asked for once; the set is as large as the table. */
@Injectable()
export class KnownMarkets {
  private readonly known = new Set<Market>();

  constructor(private readonly markets: MarketStore) {}

  async has(market: Market): Promise<boolean> {
    if (this.known.has(market)) return true;
    if (
      parseMarket(market) === undefined ||
      (await this.markets.find(market)) === undefined
    )
      return false;
    this.known.add(market);
    return true;
  }

  /** Throws a 404 for a market that has neither a trade nor a feed. */
  async require(market: Market): Promise<void> {
    if (!(await this.has(market))) throw unknownMarket(market);
  }
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
