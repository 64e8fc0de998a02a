import { type BeforeApplicationShutdown, Inject, Module } from "@nestjs/common";
import { CONFIG, type Config } from "../config/config.js";
import { PersistenceModule } from "../persistence/persistence.module.js";
import { ConsumerGroups } from "../streaming/consumer-groups.js";
import { KnownMarkets } from "./known-markets.js";
import { LIVE, LiveController } from "./live.controller.js";
import { LiveRooms } from "./live-rooms.js";
import { Snapshots } from "./snapshots.js";
import { StoreWatch } from "./store-watch.js";
import { TickerBoard } from "./ticker-board.js";
import { TickerLoader } from "./ticker-loader.js";

const PROVIDERS = [
  KnownMarkets,
  Snapshots,
  StoreWatch,
  TickerLoader,
  { provide: TickerBoard, useFactory: () => new TickerBoard() },
  {
    provide: LiveRooms,
    inject: [CONFIG, TickerBoard],
    useFactory: (config: Config, board: TickerBoard) =>
      new LiveRooms(config.flushMs, (market) => board.ticker(market)),
  },
];

/** The core of the live feed, independent of the protocol of its clients. */
@Module({
  imports: [PersistenceModule],
  controllers: [LiveController],
  providers: PROVIDERS,
  exports: PROVIDERS,
})
export class LiveModule implements BeforeApplicationShutdown {
  constructor(
    private readonly rooms: LiveRooms,
    loader: TickerLoader,
    groups: ConsumerGroups,
    @Inject(CONFIG) { maxBatch }: Config,
  ) {
    groups.add({
      name: "api",
      handlersOf: LIVE,
      life: "own",
      lanes: 1,
      maxBatch,
      paceMs: 0,
      // Events published while this process had no partitions never reached its rooms.
      onAssigned: (_owns, isAny) => {
        if (!isAny) return;
        loader.request();
        rooms.resync();
      },
    });
  }

  beforeApplicationShutdown(): void {
    this.rooms.stop();
  }
}
