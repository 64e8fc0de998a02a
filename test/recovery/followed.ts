import { readConfig } from "../../src/config/config.js";
import { FollowedMarkets } from "../../src/venues/followed-markets.js";
import { Venues } from "../../src/venues/venues.js";

/** Markets as a process with these FEEDS follows them at its start. */
export function following(feeds: string): FollowedMarkets {
  return new FollowedMarkets(readConfig({ FEEDS: feeds }), new Venues());
}
