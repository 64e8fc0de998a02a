import { Module } from "@nestjs/common";
import { IngestKeyGuard } from "../http/ingest-key.guard.js";
import { LiveModule } from "../live/live.module.js";
import { PersistenceModule } from "../persistence/persistence.module.js";
import { BackfillsController } from "./rest/backfills.controller.js";
import { CandlesController } from "./rest/candles.controller.js";
import { ExplanationController } from "./rest/explanation.controller.js";
import { MarketsController } from "./rest/markets.controller.js";
import { ReconciliationController } from "./rest/reconciliation.controller.js";
import { RevisionsController } from "./rest/revisions.controller.js";
import { TickersController } from "./rest/tickers.controller.js";
import { TradesController } from "./rest/trades.controller.js";
import { AudienceFigures } from "./socket/audience-figures.js";
import { LiveGateway } from "./socket/live.gateway.js";
import { StatusController } from "./system/status.controller.js";
import { SystemController } from "./system/system.controller.js";
import { WriteWatch } from "./system/write-figures.js";

/** REST and the live feed. Needs `configureHttp`. */
@Module({
  imports: [LiveModule, PersistenceModule],
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
  ],
  providers: [AudienceFigures, IngestKeyGuard, LiveGateway, WriteWatch],
})
export class ApiModule {}
