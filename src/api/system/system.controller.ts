import { Controller, Get, Header, Inject, Query } from "@nestjs/common";
import { ApiOperation, ApiTags } from "@nestjs/swagger";
import { CONFIG, type Config } from "../../config/config.js";
import type { FeedState } from "../../domain/feed-state.js";
import { Checked } from "../../http/checked.js";
import { Fails, ReturnsList, ReturnsOne } from "../../http/documented.js";
import { DEFAULT_LIMIT } from "../../http/parameters.js";
import { VERSION } from "../../http/version.js";
import { RecorderFigures } from "../../persistence/figures/recorder-figures.js";
import {
  DeadLetterStore,
  type StoredDeadLetter,
} from "../../persistence/stores/dead-letter-store.js";
import { FeedStateStore } from "../../persistence/stores/feed-state-store.js";
import { GapStore } from "../../persistence/stores/gaps/gap-store.js";
import { MarketStore } from "../../persistence/stores/market-store.js";
import { UnbuiltStore } from "../../persistence/stores/unbuilt-store.js";
import { ConsumerGroups } from "../../streaming/consumer-groups.js";
import { StreamingFigures } from "../../streaming/streaming-figures.js";
import { DeadLettersQuery, NoQuery } from "../rest/queries.js";
import { modeOf } from "./status.js";
import { type Queue, type System, type SystemFeed, gapsOf, summaryOf } from "./system.js";
import { historyDone, waitingFor } from "./waiting.js";
import { WriteWatch } from "./write-figures.js";

const NEWEST_DEAD_LETTERS = 20;

@ApiTags("status")
@Checked()
@Controller("api/v1")
export class SystemController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly groups: ConsumerGroups,
    private readonly recorderFigures: RecorderFigures,
    private readonly streamingFigures: StreamingFigures,
    private readonly writes: WriteWatch,
    private readonly feeds: FeedStateStore,
    private readonly markets: MarketStore,
    private readonly deadLetterStore: DeadLetterStore,
    private readonly missing: GapStore,
    private readonly unbuilt: UnbuiltStore,
  ) {}

  @Get("system")
  @ApiOperation({
    summary: "Feeds, consumers, writes, queues, gaps, dead letters",
    description:
      "Consumers, writes and queues are those of the process that answers; /metrics has the same and more for machines.",
  })
  @ReturnsOne("System", "The state of the system")
  @Fails(400)
  @Header("Cache-Control", "no-cache")
  async system(@Query() _query: NoQuery): Promise<System> {
    const now = Date.now();
    const [feeds, markets, total, newest, gaps, rebuilds] = await Promise.all([
      this.feeds.all(),
      this.markets.all(),
      this.deadLetterStore.total(),
      this.deadLetterStore.page({ limit: NEWEST_DEAD_LETTERS }),
      this.missing.figures(),
      this.unbuilt.rebuilds(),
    ]);
    const hasTrades = markets.some((it) => it.lastTradeTime !== null);
    const done = historyDone(feeds, now);
    return {
      version: VERSION,
      mode: modeOf(this.config),
      roles: [...this.config.roles],
      uptime: Math.floor(process.uptime()),
      waiting: waitingFor(this.config, feeds, hasTrades, now),
      history: done === null ? null : { done },
      consumers: this.groups.all.map((strategy) => ({
        group: strategy.name,
        ...strategy.consumerStatus(),
      })),
      write: this.config.roles.has("recorder") ? await this.writes.figures() : null,
      queues: await this.queues(),
      feeds: await this.withLag(feeds),
      gaps: gapsOf(markets, gaps),
      rebuilds,
      deadLetters: { total, newest: newest.map(summaryOf) },
    };
  }

  @Get("dead-letters")
  @ApiOperation({
    summary: "Records that could not be stored, newest first",
    description: "For the next page, `before` = the last `id`.",
  })
  @ReturnsList("DeadLetter", "Dead letters, newest first")
  @Fails(400)
  @Header("Cache-Control", "no-cache")
  deadLetters(@Query() query: DeadLettersQuery): Promise<StoredDeadLetter[]> {
    return this.deadLetterStore.page({
      ...query,
      limit: query.limit ?? DEFAULT_LIMIT,
    });
  }

  private async queues(): Promise<Queue[]> {
    const { values } = await this.streamingFigures.queueDepth.get();
    return values.map(({ labels, value }) => ({
      queue: String(labels.queue),
      depth: value,
    }));
  }

  private async withLag(feeds: readonly FeedState[]): Promise<SystemFeed[]> {
    const { values } = await this.recorderFigures.eventLag.get();
    const lags = new Map(values.map(({ labels, value }) => [labels.market, value]));
    return feeds.map((feed) => {
      const seconds = lags.get(feed.market);
      const lagMs = seconds === undefined ? null : Math.round(seconds * 1_000);
      return { ...feed, lagMs };
    });
  }
}
