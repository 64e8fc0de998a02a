import { type Market, splitMarket } from "../domain/market.js";
import { binance } from "./binance/spot.js";
import { binanceUsdm } from "./binance/usdm.js";
import { bitstamp } from "./bitstamp/bitstamp.js";
import { bybitLinear } from "./bybit/linear.js";
import { bybit } from "./bybit/spot.js";
import { coinbase } from "./coinbase/coinbase.js";
import { kraken } from "./kraken/kraken.js";
import { okx } from "./okx/okx.js";
import type { Venue } from "./venue.js";

/** Markets of this venue are made here, and never stored under a real venue's name. */
export const SIMULATED_VENUE = "sim";

/** Every exchange we can follow, by name. */
export const VENUES: ReadonlyMap<string, Venue> = new Map(
  [
    binance,
    binanceUsdm,
    bitstamp,
    bybit,
    bybitLinear,
    coinbase,
    kraken,
    okx,
  ].map((venue) => [venue.name, venue]),
);

/** Those whose history can be loaded, by its files or its REST. */
export const VENUES_WITH_HISTORY: readonly Venue[] = [
  ...VENUES.values(),
].filter(({ repair, bulk }) => repair.kind !== "none" || bulk !== undefined);

/** Venues whose markets a feed may own: trades of these cannot be posted. */
export function isFeedVenue(venue: string): boolean {
  return venue === SIMULATED_VENUE || VENUES.has(venue);
}

/** One line for each market that no feed can follow: its venue has no entry, or spells its symbols otherwise. */
export function unknownVenues(feeds: readonly Market[]): string[] {
  return feeds.flatMap((market) => {
    const { venue, symbol } = splitMarket(market);
    const symbols = VENUES.get(venue)?.symbols;
    if (!isFeedVenue(venue))
      return `FEEDS: ${market} is of a venue that Tapeline does not know; it knows ${[...VENUES.keys(), SIMULATED_VENUE].join(", ")}`;
    return symbols === undefined || symbols.pattern.test(symbol)
      ? []
      : `FEEDS: ${market}: a symbol of ${venue} must be ${symbols.rule}`;
  });
}
