import { Injectable } from "@nestjs/common";
import { type Market, parseMarket } from "../domain/market.js";
import { MarketStore } from "../persistence/stores/market-store.js";

/**
 * Caches which markets exist. Markets are never deleted, so each is queried once; at most one entry
 * per row of the table.
 */
@Injectable()
export class KnownMarkets {
  private readonly known = new Set<Market>();

  constructor(private readonly markets: MarketStore) {}

  async has(market: Market): Promise<boolean> {
    if (this.known.has(market)) return true;
    if (parseMarket(market) === undefined || (await this.markets.find(market)) === undefined)
      return false;
    this.known.add(market);
    return true;
  }
}
