import { Module } from "@nestjs/common";
import { CONFIG, type Config } from "../config.js";
import { PersistenceModule } from "../persistence/persistence.module.js";
import { CandlesController } from "./candles.controller.js";
import { KnownMarkets } from "./known-markets.js";
import { LiveController } from "./live.controller.js";
import { LiveGateway } from "./live.gateway.js";
import { LiveRooms } from "./live-rooms.js";
import { MarketsController } from "./markets.controller.js";
import { Snapshots } from "./snapshots.js";
import { StartPageController } from "./start-page.controller.js";
import { StatusController } from "./status.controller.js";
import { TickerBoard } from "./ticker-board.js";
import { TickerLoader } from "./ticker-loader.js";
import { TradesController } from "./trades.controller.js";

/** REST, the live feed and the start page. Needs `configureHttp`. */
@Module({
  imports: [PersistenceModule],
  controllers: [
    StartPageController,
    StatusController,
    MarketsController,
    CandlesController,
    TradesController,
    LiveController,
  ],
  providers: [
    KnownMarkets,
    LiveGateway,
    Snapshots,
    TickerBoard,
    TickerLoader,
    {
      provide: LiveRooms,
      inject: [CONFIG, TickerBoard],
      useFactory: (config: Config, board: TickerBoard) =>
        new LiveRooms(config.flushMs, (market) => board.ticker(market)),
    },
  ],
  exports: [LiveGateway],
})
export class ApiModule {}
