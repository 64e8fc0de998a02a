import { parseMarket } from "../../domain/market.js";
import { badParameters, shown } from "../../http/problem.js";

export interface HistoryVenue {
  name: string;
  /** Its spelling of symbols; `rule` completes "a symbol must be …". */
  symbols: { pattern: RegExp; rule: string };
}

/**
 * The venues whose history can be loaded. The API does not import venues; the application module
 * provides them.
 */
export abstract class HistoryVenues {
  abstract readonly withHistory: readonly HistoryVenue[];
}

/** Throws a 400 for a market whose history cannot be loaded. */
export function requireHistory(market: string, { withHistory: venues }: HistoryVenues): void {
  const { venue: name, symbol = "" } = parseMarket(market) ?? {};
  const venue = venues.find((it) => it.name === name);
  const refused = (detail: string): Error =>
    badParameters([{ field: "market", detail, value: shown(market) }]);
  if (venue === undefined)
    throw refused(
      `must be of a venue whose history can be loaded (${venues.map((it) => it.name).join(", ")})`,
    );
  if (!venue.symbols.pattern.test(symbol))
    throw refused(`must have a symbol as ${venue.name} spells it (${venue.symbols.rule})`);
}
