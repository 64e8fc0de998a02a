import {
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from "@nestjs/common";
import { TypeOrmModule } from "@nestjs/typeorm";
import { DataSource } from "typeorm";
import { CONFIG, type Config } from "../config.js";
import { Announcer } from "./announcer.js";
import { CandleStore } from "./candle-store.js";
import {
  DATABASE,
  type Database,
  dataSourceOptions,
  migrate,
} from "./database.js";
import { DeadLetters } from "./dead-letters.js";
import { FeedStateStore } from "./feed-state-store.js";
import { MarketRegistry } from "./market-registry.js";
import { MarketStore } from "./market-store.js";
import { Partitions } from "./partitions.js";
import { Recorder } from "./recorder.js";
import { RecorderController } from "./recorder.controller.js";
import { Retention } from "./retention.js";
import { TradeStore } from "./trade-store.js";

/** Connections besides the writers': REST reads, partitions, sweeps. */
const OTHER_CONNECTIONS = 8;

/** The database and the stores that read it. */
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG, DATABASE],
      useFactory: (config: Config, database: Database) => ({
        ...dataSourceOptions(database, config.writers + OTHER_CONNECTIONS),
        retryAttempts: 30,
        retryDelay: 1_000,
      }),
      dataSourceFactory: async (options) => {
        if (options === undefined) throw new Error("no database options");
        return new DataSource(options).initialize();
      },
    }),
  ],
  providers: [MarketStore, CandleStore, TradeStore, FeedStateStore],
  exports: [MarketStore, CandleStore, TradeStore, FeedStateStore],
})
export class PersistenceModule implements OnModuleInit {
  constructor(
    private readonly source: DataSource,
    @Inject(DATABASE) private readonly database: Database,
  ) {}

  /** In every process, whatever its role: none may meet tables that are older than its code. */
  async onModuleInit(): Promise<void> {
    await migrate(this.source, this.database);
  }
}

/** The recorder role: topics to tables. */
@Module({
  imports: [PersistenceModule],
  controllers: [RecorderController],
  providers: [
    Announcer,
    DeadLetters,
    MarketRegistry,
    Partitions,
    Recorder,
    Retention,
  ],
  exports: [Announcer],
})
export class RecorderModule
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  constructor(
    private readonly announcer: Announcer,
    private readonly retention: Retention,
  ) {}

  onApplicationBootstrap(): void {
    this.announcer.start();
    this.retention.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.announcer.stop(), this.retention.stop()]);
  }
}
