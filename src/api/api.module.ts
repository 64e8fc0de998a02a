import { Module } from "@nestjs/common";
import { CONFIG, type Config } from "../config/config.js";
import { IngestKeyGuard } from "../http/ingest-key.guard.js";
import { KnownMarkets } from "../live/known-markets.js";
import { LiveRooms } from "../live/live-rooms.js";
import { LiveController } from "../live/live.controller.js";
import { Snapshots } from "../live/snapshots.js";
import { TickerBoard } from "../live/ticker-board.js";
import { TickerLoader } from "../live/ticker-loader.js";
import { PersistenceModule } from "../persistence/persistence.module.js";
import { BackfillsController } from "./rest/backfills.controller.js";
import { CandlesController } from "./rest/candles.controller.js";
import { ExplanationController } from "./rest/explanation.controller.js";
import { MarketsController } from "./rest/markets.controller.js";
import { ReconciliationController } from "./rest/reconciliation.controller.js";
import { RevisionsController } from "./rest/revisions.controller.js";
import { TickersController } from "./rest/tickers.controller.js";
import { TradesController } from "./rest/trades.controller.js";
import { LiveGateway } from "./socket/live.gateway.js";
import { StatusController } from "./system/status.controller.js";
import { SystemController } from "./system/system.controller.js";
import { WriteWatch } from "./system/write-figures.js";

/** REST and the live feed. Needs `configureHttp`. */
@Module({
  imports: [PersistenceModule],
  controllers: [
    StatusController,
    MarketsController,
    CandlesController,
    ExplanationController,
    RevisionsController,
    TradesController,
    TickersController,
    ReconciliationController,
    SystemController,
    BackfillsController,
    LiveController,
  ],
  providers: [
    IngestKeyGuard,
    KnownMarkets,
    LiveGateway,
    Snapshots,
    TickerBoard,
    TickerLoader,
    WriteWatch,
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
