import {
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from "@nestjs/common";
import { PersistenceModule } from "../persistence/persistence.module.js";
import { FollowedMarketStore } from "../persistence/stores/followed-market-store.js";
import { FollowedMarkets } from "../venues/followed-markets.js";
import { VenuesModule } from "../venues/venues.module.js";
import { BackfillFigures } from "./backfill/backfill-figures.js";
import { Backfills } from "./backfill/backfills.js";
import { Bootstrap } from "./backfill/bootstrap.js";
import { Instruments } from "./instruments/instruments.js";
import { MarketClaims } from "./market-claims.js";
import { ReconciliationFigures } from "./reconciliation/reconciliation-figures.js";
import { Reconciliation } from "./reconciliation/reconciliation.js";
import { HoleProof } from "./repair/hole-proof.js";
import { RepairFigures } from "./repair/repair-figures.js";
import { Repair } from "./repair/repair.js";

/** Repair, backfill, reconciliation and instruments, in the processes that follow feeds. */
@Module({
  imports: [PersistenceModule, VenuesModule],
  providers: [
    BackfillFigures,
    Backfills,
    Bootstrap,
    HoleProof,
    Instruments,
    MarketClaims,
    Reconciliation,
    ReconciliationFigures,
    Repair,
    RepairFigures,
  ],
  exports: [Backfills],
})
export class RecoveryModule implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly followed: FollowedMarkets,
    private readonly followedStore: FollowedMarketStore,
    private readonly claims: MarketClaims,
    private readonly backfills: Backfills,
    private readonly bootstrap: Bootstrap,
    private readonly instruments: Instruments,
    private readonly reconciliation: Reconciliation,
    private readonly repair: Repair,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.followedStore.keep(this.followed.all, "settings", Date.now());
    await this.bootstrap.findNewMarkets();
  }

  onApplicationBootstrap(): void {
    this.claims.start();
    this.backfills.start();
    this.bootstrap.start();
    this.repair.start();
    this.reconciliation.start();
    this.instruments.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.bootstrap.stop();
    await Promise.all([
      this.backfills.stop(),
      this.repair.stop(),
      this.reconciliation.stop(),
      this.instruments.stop(),
    ]);
    await this.claims.stop();
  }
}
