import { Inject, Injectable } from "@nestjs/common";
import { CONFIG, type Config } from "../../config/config.js";
import type { Interval } from "../../domain/interval.js";
import type { Market } from "../../domain/market.js";
import { MINUTE_MS } from "../../domain/units.js";
import { Transport } from "../../streaming/transport.js";
import { VenueClocks } from "../../venues/clock/venue-clocks.js";
import { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { Venue } from "../../venues/venue.js";
import { Venues } from "../../venues/venues.js";
import { FeedBoard } from "./feed-board.js";
import type { FeedFactory } from "./feed.js";
import { FeedFigures } from "./feed-figures.js";
import { VenueFeed } from "./venue-feed.js";

/** Feeds from the venues' streams, with as many symbols a connection as the venue allows. */
@Injectable()
export class VenueFeeds implements FeedFactory {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly venues: Venues,
    private readonly transport: Transport,
    private readonly board: FeedBoard,
    private readonly figures: FeedFigures,
    private readonly hosts: VenueHosts,
    private readonly clocks: VenueClocks,
  ) {}

  follows(venue: string): boolean {
    return this.venues.get(venue) !== undefined;
  }

  feedsOf(markets: readonly Market[]): VenueFeed[] {
    const byVenue = new Map<Venue, string[]>();
    for (const market of markets) {
      const found = this.venues.of(market);
      if (found === undefined) throw new Error(`${market} has no known venue`);
      const { venue, symbol } = found;
      byVenue.set(venue, [...(byVenue.get(venue) ?? []), symbol]);
    }
    return [...byVenue].flatMap(([venue, symbols]) => this.connections(venue, symbols));
  }

  private connections(venue: Venue, symbols: readonly string[]): VenueFeed[] {
    const { streamsPerConnection: size, connectionsPerMinute } = venue.limits;
    const feeds: VenueFeed[] = [];
    for (let at = 0; at < symbols.length; at += size) {
      const options = {
        venue,
        symbols: symbols.slice(at, at + size),
        wsUrl: this.config.venueUrl(venue.name, "WS") ?? venue.wsUrl,
        interval: this.config.intervals[0] as Interval,
        startAfterMs: ((at / size) * MINUTE_MS) / connectionsPerMinute,
      };
      const { transport, board, figures, hosts, clocks } = this;
      feeds.push(new VenueFeed(options, transport, board, figures, hosts, clocks));
    }
    return feeds;
  }
}
