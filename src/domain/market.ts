/** A venue's symbol, written `venue:symbol`, such as `binance:BTCUSDT`. */
export type Market = string;

/** Whole numbers that count up by one per trade (dense) prove that nothing is missing; other ids cannot. */
export type IdKind = "dense" | "sparse";

const VENUE = /^[a-z][a-z0-9-]{0,31}$/;
// No white space, no quotes, no control characters: a symbol ends up in keys, paths and metric labels.
const SYMBOL = /^[A-Za-z0-9][A-Za-z0-9._/@:-]{0,63}$/;

export interface MarketName {
  venue: string;
  symbol: string;
}

/** Undefined when the text is not `venue:symbol`. The venue's own spelling of the symbol is kept. */
export function parseMarket(text: string): MarketName | undefined {
  const colon = text.indexOf(":");
  if (colon < 1) return undefined;
  const venue = text.slice(0, colon);
  const symbol = text.slice(colon + 1);
  return VENUE.test(venue) && SYMBOL.test(symbol)
    ? { venue, symbol }
    : undefined;
}

export function marketOf(venue: string, symbol: string): Market {
  return `${venue}:${symbol}`;
}
