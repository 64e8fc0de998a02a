import {
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from "@nestjs/common";
import { IngestKeyGuard } from "../http/ingest-key.guard.js";
import { VenueHosts } from "../venues/rest/venue-hosts.js";
import { FeedHistory } from "./feed/feed-history.js";
import { Feeds } from "./feed/feeds.js";
import { IngestController } from "./posting/ingest.controller.js";

/** The ingestion role: feeds and posted trades. Its feeds stop first, while the rest can still take what they hold. */
@Module({
  controllers: [IngestController],
  providers: [FeedHistory, Feeds, IngestKeyGuard, VenueHosts],
  exports: [FeedHistory, VenueHosts],
})
export class IngestionModule
  implements OnApplicationBootstrap, OnModuleDestroy
{
  constructor(private readonly feeds: Feeds) {}

  onApplicationBootstrap(): void {
    this.feeds.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.feeds.stop();
  }
}
