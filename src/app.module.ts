import { type DynamicModule, Module } from "@nestjs/common";
import { TerminusModule } from "@nestjs/terminus";
import { ApiModule } from "./api/api.module.js";
import { HistoryVenues } from "./api/rest/history-venues.js";
import { CONFIG, type Config } from "./config/config.js";
import { HealthController, Readiness } from "./health/health.controller.js";
import { IngestionModule } from "./ingestion/ingestion.module.js";
import { MetricsController } from "./metrics/metrics.controller.js";
import { Metrics } from "./metrics/metrics.js";
import {
  PersistenceModule,
  RecorderModule,
} from "./persistence/persistence.module.js";
import { DATABASE, type Database } from "./persistence/schema/database.js";
import { RecoveryModule } from "./recovery/recovery.module.js";
import { StreamingModule } from "./streaming/streaming.module.js";
import { VenuesModule } from "./venues/venues.module.js";
import { Venues } from "./venues/venues.js";

/** What every context may ask for: the configuration, the figures, the database. */
@Module({})
class FoundationModule {
  static with(config: Config, database: Database): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: config },
      { provide: DATABASE, useValue: database },
      { provide: HistoryVenues, useExisting: Venues },
      Metrics,
    ];
    return {
      module: FoundationModule,
      global: true,
      imports: [VenuesModule],
      providers,
      exports: providers,
    };
  }
}

/** One build, up to three roles in a process. */
@Module({})
export class AppModule {
  static for(config: Config, database: Database): DynamicModule {
    const { roles } = config;
    return {
      module: AppModule,
      imports: [
        FoundationModule.with(config, database),
        StreamingModule,
        PersistenceModule,
        TerminusModule.forRoot({
          errorLogStyle: "pretty",
          gracefulShutdownTimeoutMs: 0,
          logger: false,
        }),
        ...(roles.has("recorder") ? [RecorderModule] : []),
        ...(roles.has("ingestion") ? [IngestionModule, RecoveryModule] : []),
        ...(roles.has("api") ? [ApiModule] : []),
      ],
      controllers: [HealthController, MetricsController],
      providers: [Readiness],
    };
  }
}
