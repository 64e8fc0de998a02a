import { Module } from "@nestjs/common";
import { ClockFigures } from "./clock/clock-figures.js";
import { VenueClocks } from "./clock/venue-clocks.js";
import { FollowedMarkets } from "./followed-markets.js";
import { RestFigures } from "./rest/rest-figures.js";
import { VenueHosts } from "./rest/venue-hosts.js";
import { Venues } from "./venues.js";

/** The venues, the access to their REST, and the markets that this process follows. */
@Module({
  providers: [
    { provide: Venues, useFactory: (): Venues => new Venues() },
    RestFigures,
    ClockFigures,
    VenueClocks,
    VenueHosts,
    FollowedMarkets,
  ],
  exports: [Venues, VenueClocks, VenueHosts, FollowedMarkets],
})
export class VenuesModule {}
