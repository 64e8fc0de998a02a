import { type DynamicModule, Module } from "@nestjs/common";
import { HistoryVenues } from "./api/rest/history-venues.js";
import { CONFIG, type Config } from "./config/config.js";
import { HealthChecks } from "./health/health-checks.js";
import { ApiFormats } from "./http/api-formats.js";
import { UpgradePaths } from "./http/upgrade-paths.js";
import { Metrics } from "./metrics/metrics.js";
import { DATABASE, type Database } from "./persistence/schema/database.js";
import { VenuesModule } from "./venues/venues.module.js";
import { Venues } from "./venues/venues.js";

/**
 * What every context may inject: configuration, database, API formats, venues, metrics and health
 * checks.
 */
@Module({})
export class FoundationModule {
  static with(config: Config, database: Database, formats: ApiFormats): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: config },
      { provide: DATABASE, useValue: database },
      { provide: ApiFormats, useValue: formats },
      { provide: HistoryVenues, useExisting: Venues },
      UpgradePaths,
      Metrics,
      HealthChecks,
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
