/** A venue's symbol, written `venue:symbol`, such as `binance:BTCUSDT`. */
export type Market = string;

/**
 * Dense ids count up by one per trade, which proves that none is missing; other ids (sparse)
 * cannot.
 */
export type IdKind = "dense" | "sparse";

const VENUE = /^[a-z][a-z0-9-]{0,31}$/;
// No white space, no quotes, no control characters: a symbol ends up in keys, paths and metric
// labels.
const SYMBOL = /^[A-Za-z0-9][A-Za-z0-9._/@:-]{0,63}$/;

export interface MarketName {
  venue: string;
  symbol: string;
}

/**
 * Parses text from outside; undefined when it is not `venue:symbol`. Keeps the venue's own spelling
 * of the symbol.
 */
export function parseMarket(text: string): MarketName | undefined {
  const name = splitMarket(text);
  return VENUE.test(name.venue) && SYMBOL.test(name.symbol) ? name : undefined;
}

/**
 * Splits a market that was validated before, without checking it again. A symbol may have colons, a
 * venue has none.
 */
export function splitMarket(market: Market): MarketName {
  const colon = market.indexOf(":");
  return {
    venue: market.slice(0, Math.max(colon, 0)),
    symbol: market.slice(colon + 1),
  };
}

export function marketOf(venue: string, symbol: string): Market {
  return `${venue}:${symbol}`;
}
