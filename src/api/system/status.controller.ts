import { Controller, Get, Header, Inject, Query } from "@nestjs/common";
import { ApiOperation, ApiTags } from "@nestjs/swagger";
import { CONFIG, type Config } from "../../config/config.js";
import { Checked } from "../../http/checked.js";
import { Fails, ReturnsOne } from "../../http/documented.js";
import { LiveRooms } from "../../live/live-rooms.js";
import { FeedStateStore } from "../../persistence/stores/feed-state-store.js";
import { MarketStore } from "../../persistence/stores/market-store.js";
import { NoQuery } from "../rest/queries.js";
import { type Status, statusOf } from "./status.js";

@ApiTags("status")
@Checked()
@Controller("api/v1/status")
export class StatusController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly feeds: FeedStateStore,
    private readonly markets: MarketStore,
    private readonly rooms: LiveRooms,
  ) {}

  @Get()
  @ApiOperation({ summary: "What is running, and why" })
  @ReturnsOne("Status", "The status")
  @Fails(400)
  @Header("Cache-Control", "no-cache")
  async status(@Query() _query: NoQuery): Promise<Status> {
    return statusOf(
      this.config,
      await this.feeds.all(),
      await this.markets.hasTrades(),
      this.rooms.epoch,
      Math.floor(process.uptime()),
      Date.now(),
    );
  }
}
