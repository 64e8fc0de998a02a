import {
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from "@nestjs/common";
import { TypeOrmModule } from "@nestjs/typeorm";
import { DataSource } from "typeorm";
import { CONFIG, type Config } from "../config/config.js";
import { HealthChecks } from "../health/health-checks.js";
import { ConsumerGroups } from "../streaming/consumer-groups.js";
import { RecorderFigures } from "./figures/recorder-figures.js";
import { HistoryLoader } from "./merge/history-loader.js";
import { MarketRegistry } from "./merge/market-registry.js";
import { databaseCheck, feedsCheck } from "./persistence-health.js";
import { Announcer } from "./recorder/announcer.js";
import { DeadLetters } from "./recorder/dead-letters.js";
import { PostedClocks } from "./recorder/posted-clocks.js";
import { RECORDER, RecorderController } from "./recorder/recorder.controller.js";
import { Recorder } from "./recorder/recorder.js";
import { RebuildFigures } from "./rebuild/rebuild-figures.js";
import { Rebuilder } from "./rebuild/rebuilder.js";
import { UnwatchedTimes } from "./recorder/unwatched-times.js";
import { DATABASE, type Database, dataSourceOptions, migrate } from "./schema/database.js";
import { Partitions } from "./schema/partitions.js";
import { Retention } from "./schema/retention.js";
import { BackfillStore } from "./stores/backfills/backfill-store.js";
import { CandleStore } from "./stores/candles/candle-store.js";
import { ExplanationStore } from "./stores/candles/explanation-store.js";
import { RevisedCandleStore } from "./stores/candles/revised-candle-store.js";
import { RevisionStore } from "./stores/candles/revision-store.js";
import { SparklineStore } from "./stores/candles/sparkline-store.js";
import { ClaimStore } from "./stores/claim-store.js";
import { DeadLetterStore } from "./stores/dead-letter-store.js";
import { FeedStateStore } from "./stores/feed-state-store.js";
import { FollowedMarketStore } from "./stores/followed-market-store.js";
import { GapLedgerStore } from "./stores/gaps/gap-ledger-store.js";
import { GapStore } from "./stores/gaps/gap-store.js";
import { InstrumentStore } from "./stores/instrument-store.js";
import { MarketStore } from "./stores/market-store.js";
import { ComparisonStore } from "./stores/reconciliation/comparison-store.js";
import { ReconciliationStore } from "./stores/reconciliation/reconciliation-store.js";
import { StoredIntervals } from "./stores/stored-intervals.js";
import { TradeStore } from "./stores/trade-store.js";
import { UnbuiltStore } from "./stores/unbuilt-store.js";

/** Connections besides the writers': REST reads, partitions, sweeps. */
const OTHER_CONNECTIONS = 8;

const STORES = [
  MarketStore,
  CandleStore,
  TradeStore,
  SparklineStore,
  FeedStateStore,
  FollowedMarketStore,
  DeadLetterStore,
  BackfillStore,
  HistoryLoader,
  GapStore,
  GapLedgerStore,
  ClaimStore,
  InstrumentStore,
  ComparisonStore,
  ReconciliationStore,
  RevisedCandleStore,
  RevisionStore,
  ExplanationStore,
  StoredIntervals,
  UnbuiltStore,
];
/** Shared by the writes of the recorder and of backfills. */
const SHARED = [MarketRegistry, Partitions, RecorderFigures];

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
    checks: HealthChecks,
    feeds: FeedStateStore,
  ) {
    checks.add(databaseCheck(source, database));
    checks.add(feedsCheck(feeds));
  }

  /** In every process, whatever its role: its code needs the current tables. */
  async onModuleInit(): Promise<void> {
    await migrate(this.source, this.database);
  }
}

/** The recorder role: consumes topics and writes their records to the tables. */
@Module({
  imports: [PersistenceModule],
  controllers: [RecorderController],
  providers: [
    Announcer,
    UnwatchedTimes,
    DeadLetters,
    PostedClocks,
    Recorder,
    Retention,
    RebuildFigures,
    Rebuilder,
  ],
})
export class RecorderModule implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger("Intervals");

  constructor(
    private readonly intervals: StoredIntervals,
    private readonly rebuilder: Rebuilder,
    private readonly announcer: Announcer,
    private readonly postedClocks: PostedClocks,
    private readonly retention: Retention,
    groups: ConsumerGroups,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    const { writers, maxBatch, flushMs } = config;
    groups.add({
      name: "recorder",
      handlersOf: RECORDER,
      // An in-process log ends with its process and is not resumed: what it held becomes a gap in
      // the ids, which is repaired.
      life: "shared",
      lanes: writers,
      maxBatch,
      paceMs: flushMs,
      onAssigned: (owns) => {
        announcer.assigned(owns);
        postedClocks.assigned(owns);
      },
    });
  }

  /** The setting of the recorder that starts last holds for all. */
  async onModuleInit(): Promise<void> {
    const { added, removed } = await this.intervals.keep(this.config.intervals);
    if (removed.length > 0)
      this.logger.warn(
        `${removed.join(", ")} ${removed.length === 1 ? "is" : "are"} no longer stored (INTERVALS)`,
      );
    if (added.length > 0)
      this.logger.log(
        `${added.join(", ")} ${added.length === 1 ? "is" : "are"} stored from now on`,
      );
  }

  onApplicationBootstrap(): void {
    this.announcer.start();
    this.rebuilder.start();
    this.postedClocks.start();
    this.retention.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rebuilder.stop();
    await Promise.all([this.announcer.stop(), this.postedClocks.stop(), this.retention.stop()]);
  }
}
