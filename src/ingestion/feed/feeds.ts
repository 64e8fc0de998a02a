import { Inject, Injectable, Logger } from "@nestjs/common";
import { setTimeout as sleep } from "node:timers/promises";
import { CONFIG, type Config } from "../../config/config.js";
import type { Interval } from "../../domain/interval.js";
import { splitMarket } from "../../domain/market.js";
import { MINUTE_MS } from "../../domain/units.js";
import { Metrics } from "../../metrics/metrics.js";
import { Transport } from "../../streaming/transport.js";
import { VenueHosts } from "../../venues/rest/venue-hosts.js";
import { SIMULATED_VENUE, VENUES } from "../../venues/venues.js";
import { SimFeed } from "../simulator/sim-feed.js";
import { FeedBoard } from "./feed-board.js";
import { FeedHistory } from "./feed-history.js";
import { VenueFeed } from "./venue-feed.js";

/** How long an exchange may take to answer before the simulated venue is started beside it. */
const REACH_LIMIT_MS = 5_000;
const UNREACHABLE = "simulated data: no exchange could be reached at start";
const CONFIGURED = "simulated data: the venue sim is configured";

/** Every feed of this process, from start to stop. */
@Injectable()
export class Feeds {
  private readonly logger = new Logger(Feeds.name);
  private readonly board: FeedBoard;
  private readonly venues: VenueFeed[] = [];
  private sim: SimFeed | undefined;
  private readonly stopping = new AbortController();
  private fallback: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly transport: Transport,
    private readonly metrics: Metrics,
    private readonly hosts: VenueHosts,
    history: FeedHistory,
  ) {
    this.board = new FeedBoard(transport, metrics);
    history.listen((market, part) => this.board.history(market, part));
  }

  start(): void {
    this.board.start();
    const byVenue = new Map<string, string[]>();
    for (const market of this.config.feeds) {
      const { venue, symbol } = splitMarket(market);
      byVenue.set(venue, [...(byVenue.get(venue) ?? []), symbol]);
    }
    for (const [name, symbols] of byVenue) {
      if (name === SIMULATED_VENUE) this.simulate(symbols, CONFIGURED);
      else this.follow(name, symbols);
    }
    for (const feed of this.venues) feed.start();
    // Somebody who named markets wants those and no others.
    if (!this.config.feedsExplicit)
      this.fallback = this.simulateIfUnreachable();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.fallback;
    await Promise.all([
      ...this.venues.map((feed) => feed.stop()),
      this.sim?.stop(),
    ]);
    await this.board.stop();
  }

  private follow(name: string, symbols: readonly string[]): void {
    const venue = VENUES.get(name);
    if (venue === undefined) throw new Error(`venue ${name} has no entry`);
    const size = venue.limits.streamsPerConnection;
    for (let at = 0; at < symbols.length; at += size) {
      const options = {
        venue,
        symbols: symbols.slice(at, at + size),
        wsUrl: this.config.venueUrl(name, "WS") ?? venue.wsUrl,
        interval: this.config.intervals[0] as Interval,
        startAfterMs:
          ((at / size) * MINUTE_MS) / venue.limits.connectionsPerMinute,
      };
      this.venues.push(
        new VenueFeed(
          options,
          this.transport,
          this.board,
          this.metrics,
          this.hosts,
        ),
      );
    }
  }

  private async simulateIfUnreachable(): Promise<void> {
    const limit = performance.now() + REACH_LIMIT_MS;
    while (performance.now() < limit) {
      if (
        this.stopping.signal.aborted ||
        this.venues.some((feed) => feed.hasConnected)
      )
        return;
      await sleep(100);
    }
    const why = this.venues.map((feed) => feed.problem).join("; ");
    this.logger.warn(
      `NO EXCHANGE CAN BE REACHED (${why}): the markets of venue "${SIMULATED_VENUE}" are SIMULATED, a random walk and not market data. ` +
        "The exchange is tried again all the time; <VENUE>_WS_URL is for one that has another address here",
    );
    const symbols = this.config.feeds.map(
      (market) => splitMarket(market).symbol,
    );
    this.simulate([...new Set(symbols)], UNREACHABLE);
  }

  private simulate(symbols: readonly string[], reason: string): void {
    const { historyMs, ...simulator } = this.config.simulator;
    this.sim = new SimFeed(
      {
        ...simulator,
        symbols,
        historyMs,
        interval: this.config.intervals[0] as Interval,
        reason,
      },
      this.transport,
      this.board,
    );
    this.sim.start();
  }
}
