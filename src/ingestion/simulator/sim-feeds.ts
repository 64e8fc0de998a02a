import { Inject, Injectable, Logger } from "@nestjs/common";
import { CONFIG, type Config } from "../../config/config.js";
import type { Interval } from "../../domain/interval.js";
import { type Market, splitMarket } from "../../domain/market.js";
import { Transport } from "../../streaming/transport.js";
import { SIMULATED_VENUE } from "../../venues/venues.js";
import { FeedBoard } from "../feed/feed-board.js";
import type { FeedFactory } from "../feed/feed.js";
import { SimFeed } from "./sim-feed.js";

const UNREACHABLE = "simulated data: no exchange could be reached at start";
const CONFIGURED = "simulated data: the venue sim is configured";

/**
 * Feeds of the simulated venue: configured by name, or as a substitute for unreachable exchanges.
 */
@Injectable()
export class SimFeeds implements FeedFactory {
  private readonly logger = new Logger("Feeds");

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly transport: Transport,
    private readonly board: FeedBoard,
  ) {}

  follows(venue: string): boolean {
    return venue === SIMULATED_VENUE;
  }

  feedsOf(markets: readonly Market[]): SimFeed[] {
    return this.simulated(markets, CONFIGURED);
  }

  standIn(markets: readonly Market[], why: string): SimFeed[] {
    this.logger.warn(
      `NO EXCHANGE CAN BE REACHED (${why}): the markets of venue "${SIMULATED_VENUE}" are SIMULATED, a random walk and not market data. ` +
        "The exchange is retried all the time; set <VENUE>_WS_URL if it has another address here",
    );
    return this.simulated(markets, UNREACHABLE);
  }

  /** One feed for all symbols of these markets. */
  private simulated(markets: readonly Market[], reason: string): SimFeed[] {
    const symbols = [...new Set(markets.map((market) => splitMarket(market).symbol))];
    if (symbols.length === 0) return [];
    const interval = this.config.intervals[0] as Interval;
    const options = { ...this.config.simulator, symbols, interval, reason };
    return [new SimFeed(options, this.transport, this.board)];
  }
}
