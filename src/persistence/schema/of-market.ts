import { type FindOperator, Raw } from "typeorm";
import type { Market } from "../../domain/market.js";

/**
 * For `where`: the `marketId` of a market that is known by its name, looked up in the same
 * statement.
 */
export function idOf(market: Market): FindOperator<number> {
  return Raw(
    (column) => `${column} = (SELECT id FROM market WHERE name = :market)`,
    { market },
  ) as FindOperator<number>;
}
