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

/** Trades of this venue are generated here, and never stored under a real venue's name. */
export const SIMULATED_VENUE = "sim";

/** Every exchange that we can follow: one entry each. */
const TABLE: readonly Venue[] = [
  binance,
  binanceUsdm,
  bitstamp,
  bybit,
  bybitLinear,
  coinbase,
  kraken,
  okx,
];

/** A market of a venue that has an entry here, and so can be requested from its REST. */
export interface VenueMarket {
  market: Market;
  symbol: string;
  venue: Venue;
}

/** The venues that this application knows. */
export class Venues {
  private readonly byName: ReadonlyMap<string, Venue>;

  constructor(readonly all: readonly Venue[] = TABLE) {
    this.byName = new Map(all.map((venue) => [venue.name, venue]));
  }

  get(name: string): Venue | undefined {
    return this.byName.get(name);
  }

  /**
   * Undefined for a market without a venue to request it from: posted, simulated, or of an unknown
   * venue.
   */
  of(market: Market): VenueMarket | undefined {
    const { venue: name, symbol } = splitMarket(market);
    const venue = this.byName.get(name);
    return venue === undefined ? undefined : { market, symbol, venue };
  }

  /** For messages. */
  get names(): string {
    return this.all.map(({ name }) => name).join(", ");
  }

  /** Those whose history can be loaded, by its files or its REST. */
  get withHistory(): readonly Venue[] {
    return this.all.filter(({ repair, bulk }) => repair.kind !== "none" || bulk !== undefined);
  }

  /** Whether a feed may own its markets: trades of these cannot be posted. */
  isFeedVenue(name: string): boolean {
    return name === SIMULATED_VENUE || this.byName.has(name);
  }

  /**
   * One line for each market that no feed can follow: its venue has no entry, or spells its symbols
   * otherwise.
   */
  unknown(feeds: readonly Market[]): string[] {
    return feeds.flatMap((market) => {
      const { venue, symbol } = splitMarket(market);
      const symbols = this.byName.get(venue)?.symbols;
      if (!this.isFeedVenue(venue))
        return `FEEDS: ${market} is of a venue that Tapeline does not know; it knows ${this.names}, ${SIMULATED_VENUE}`;
      return symbols === undefined || symbols.pattern.test(symbol)
        ? []
        : `FEEDS: ${market}: a symbol of ${venue} must be ${symbols.rule}`;
    });
  }
}
