import { Injectable } from "@nestjs/common";
import { type Market, parseMarket } from "../domain/market.js";
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
}
