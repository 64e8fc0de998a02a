/** A venue's symbol, written `venue:symbol`, such as `binance:BTCUSDT`. */
export type Market = string;

/**
 * Dense ids count up by one per trade, which proves that none is missing; other ids (sparse)
 * cannot.
 */
export type IdKind = "dense" | "sparse";

const VENUE = /^[a-z][a-z0-9-]{0,31}$/;
// No white space, no quotes, no control characters, no half of a surrogate pair: a symbol ends up
// in keys, paths and metric labels. Letters of any script: Binance lists 币安人生USDT.
const SYMBOL = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._/@:-]{0,63}$/u;

export interface MarketName {
  venue: string;
  symbol: string;
}

/**
 * Parses text from outside; undefined when it is not `venue:symbol`. Keeps the venue's own spelling
 * of the symbol, byte for byte.
 */
export function parseMarket(text: string): MarketName | undefined {
  const name = splitMarket(text);
  return VENUE.test(name.venue) && SYMBOL.test(name.symbol) ? name : undefined;
}

/**
 * As `parseMarket`, for text that a person wrote: one letter can be written in several ways that
 * look alike, of which Unicode's composed form (NFC) is taken.
 */
export function readMarket(text: string): MarketName | undefined {
  return text === text.normalize("NFC") ? parseMarket(text) : undefined;
}

/** What a market that a person wrote must be, and why `text` is none. */
export function marketFault(rule: string, text: unknown): string {
  const isComposed = typeof text !== "string" || text === text.normalize("NFC");
  return isComposed ? rule : `${rule}; in Unicode's composed form (NFC)`;
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
