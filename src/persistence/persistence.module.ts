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
import { BackfillStore } from "./backfill-store.js";
import { BlindTimes } from "./blind-times.js";
import { BulkStore } from "./bulk-store.js";
import { CandleStore } from "./candle-store.js";
import { ComparisonStore } from "./comparison-store.js";
import {
  DATABASE,
  type Database,
  dataSourceOptions,
  migrate,
} from "./database.js";
import { DeadLetterStore } from "./dead-letter-store.js";
import { DeadLetters } from "./dead-letters.js";
import { ExplanationStore } from "./explanation-store.js";
import { FeedStateStore } from "./feed-state-store.js";
import { GapLedgerStore } from "./gap-ledger-store.js";
import { GapStore } from "./gap-store.js";
import { MarketRegistry } from "./market-registry.js";
import { MarketStore } from "./market-store.js";
import { Partitions } from "./partitions.js";
import { ReconciliationStore } from "./reconciliation-store.js";
import { Recorder } from "./recorder.js";
import { RecorderController } from "./recorder.controller.js";
import { Retention } from "./retention.js";
import { RevisedCandleStore } from "./revised-candle-store.js";
import { RevisionStore } from "./revision-store.js";
import { SparklineStore } from "./sparkline-store.js";
import { TradeStore } from "./trade-store.js";

/** Connections besides the writers': REST reads, partitions, sweeps. */
const OTHER_CONNECTIONS = 8;

const STORES = [
  MarketStore,
  CandleStore,
  TradeStore,
  SparklineStore,
  FeedStateStore,
  DeadLetterStore,
  BackfillStore,
  BulkStore,
  GapStore,
  GapLedgerStore,
  ComparisonStore,
  ReconciliationStore,
  RevisedCandleStore,
  RevisionStore,
  ExplanationStore,
];
/** What writes of the recorder and of backfills share. */
const SHARED = [MarketRegistry, Partitions];

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
  providers: [...STORES, ...SHARED],
  exports: [...STORES, ...SHARED],
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
  providers: [Announcer, BlindTimes, DeadLetters, Recorder, Retention],
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
