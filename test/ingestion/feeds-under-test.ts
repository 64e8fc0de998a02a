import { FeedFigures } from "../../src/ingestion/feed/feed-figures.js";
import { RestFigures } from "../../src/venues/rest/rest-figures.js";
import type { Config } from "../../src/config/config.js";
import { FeedBoard } from "../../src/ingestion/feed/feed-board.js";
import { Feeds } from "../../src/ingestion/feed/feeds.js";
import { VenueFeeds } from "../../src/ingestion/feed/venue-feeds.js";
import { SimFeeds } from "../../src/ingestion/simulator/sim-feeds.js";
import { Metrics } from "../../src/metrics/metrics.js";
import type { Transport } from "../../src/streaming/transport.js";
import { FollowedMarkets } from "../../src/venues/followed-markets.js";
import { ClockFigures } from "../../src/venues/clock/clock-figures.js";
import { VenueClocks } from "../../src/venues/clock/venue-clocks.js";
import { VenueHosts } from "../../src/venues/rest/venue-hosts.js";
import { Venues } from "../../src/venues/venues.js";

/** The feeds of a process as its module puts them together, not started. */
export function feedsOf(
  config: Config,
  transport: Transport,
): { feeds: Feeds; followed: FollowedMarkets } {
  const metrics = new Metrics();
  const figures = new FeedFigures(metrics);
  const venues = new Venues();
  const followed = new FollowedMarkets(config, venues);
  const clocks = new VenueClocks(new ClockFigures(metrics));
  const board = new FeedBoard(transport, figures, clocks);
  const hosts = new VenueHosts(config, new RestFigures(metrics), clocks);
  const feeds = new Feeds(config, followed, board, [
    new VenueFeeds(config, venues, transport, board, figures, hosts, clocks),
    new SimFeeds(config, transport, board),
  ]);
  return { feeds, followed };
}
