import type { Market } from "../domain/market.js";
import { binanceUsdm } from "./binance-usdm.js";
import { binance } from "./binance.js";
import type { Venue } from "./venue.js";

/** Markets of this venue are made here, and never stored under a real venue's name. */
export const SIMULATED_VENUE = "sim";

/** Every exchange we can follow, by name. */
export const VENUES: ReadonlyMap<string, Venue> = new Map(
  [binance, binanceUsdm].map((venue) => [venue.name, venue]),
);

/** Venues whose markets a feed may own: trades of these cannot be posted. */
export function isFeedVenue(venue: string): boolean {
  return venue === SIMULATED_VENUE || VENUES.has(venue);
}

/** One line for each market whose venue has no entry. */
export function unknownVenues(feeds: readonly Market[]): string[] {
  const names = [...VENUES.keys(), SIMULATED_VENUE];
  return feeds
    .filter((market) => !isFeedVenue(market.slice(0, market.indexOf(":"))))
    .map(
      (market) =>
        `FEEDS: ${market} is of a venue that Tapeline does not know; it knows ${names.join(", ")}`,
    );
}
