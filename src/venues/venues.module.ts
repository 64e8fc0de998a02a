import { Module } from "@nestjs/common";
import { FollowedMarkets } from "./followed-markets.js";
import { RestFigures } from "./rest/rest-figures.js";
import { VenueHosts } from "./rest/venue-hosts.js";
import { Venues } from "./venues.js";

/** The venues, the access to their REST, and the markets that this process follows. */
@Module({
  providers: [
    { provide: Venues, useFactory: (): Venues => new Venues() },
    RestFigures,
    VenueHosts,
    FollowedMarkets,
  ],
  exports: [Venues, VenueHosts, FollowedMarkets],
})
export class VenuesModule {}
