import { type FindOperator, Raw } from "typeorm";
import type { Market } from "../../domain/market.js";

/** A condition on `marketId` by the market's name, looked up in the same statement. */
export function idOfMarket(market: Market): FindOperator<number> {
  return Raw((column) => `${column} = (SELECT id FROM market WHERE name = :market)`, {
    market,
  }) as FindOperator<number>;
}
