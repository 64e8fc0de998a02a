import { type DynamicModule, Module } from "@nestjs/common";
import { ApiModule } from "./api/api.module.js";
import type { Config } from "./config/config.js";
import { FoundationModule } from "./foundation.module.js";
import { HealthModule } from "./health/health.module.js";
import type { ApiFormats } from "./http/api-formats.js";
import { IngestionModule } from "./ingestion/ingestion.module.js";
import { MetricsModule } from "./metrics/metrics.module.js";
import { PersistenceModule, RecorderModule } from "./persistence/persistence.module.js";
import type { Database } from "./persistence/schema/database.js";
import { RecoveryModule } from "./recovery/recovery.module.js";
import { StreamingModule } from "./streaming/streaming.module.js";

/** One build, up to three roles in a process. */
@Module({})
export class AppModule {
  static for(config: Config, database: Database, formats: ApiFormats): DynamicModule {
    const { roles } = config;
    return {
      module: AppModule,
      imports: [
        FoundationModule.with(config, database, formats),
        HealthModule,
        MetricsModule,
        StreamingModule,
        PersistenceModule,
        ...(roles.has("recorder") ? [RecorderModule] : []),
        ...(roles.has("ingestion") ? [IngestionModule, RecoveryModule] : []),
        ...(roles.has("api") ? [ApiModule] : []),
      ],
    };
  }
}
