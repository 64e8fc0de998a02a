import { Module, type OnApplicationBootstrap, type OnModuleDestroy } from "@nestjs/common";
import { IngestKeyGuard } from "../http/ingest-key.guard.js";
import { VenuesModule } from "../venues/venues.module.js";
import { FeedBoard } from "./feed/feed-board.js";
import { FEED_FACTORIES, type FeedFactory } from "./feed/feed.js";
import { FeedFigures } from "./feed/feed-figures.js";
import { Feeds } from "./feed/feeds.js";
import { VenueFeeds } from "./feed/venue-feeds.js";
import { IngestController } from "./posting/ingest.controller.js";
import { SimFeeds } from "./simulator/sim-feeds.js";

/**
 * The ingestion role: feeds and posted trades. Its feeds stop first, while the transport still
 * accepts their records.
 */
@Module({
  imports: [VenuesModule],
  controllers: [IngestController],
  providers: [
    FeedBoard,
    FeedFigures,
    Feeds,
    IngestKeyGuard,
    SimFeeds,
    VenueFeeds,
    {
      provide: FEED_FACTORIES,
      inject: [VenueFeeds, SimFeeds],
      useFactory: (...factories: FeedFactory[]): FeedFactory[] => factories,
    },
  ],
})
export class IngestionModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(private readonly feeds: Feeds) {}

  onApplicationBootstrap(): void {
    this.feeds.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.feeds.stop();
  }
}
