import {
  Controller,
  Get,
  HttpException,
  Inject,
  Injectable,
  ServiceUnavailableException,
} from "@nestjs/common";
import type { BeforeApplicationShutdown } from "@nestjs/common";
import {
  ApiOkResponse,
  ApiOperation,
  ApiServiceUnavailableResponse,
  ApiTags,
} from "@nestjs/swagger";
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from "@nestjs/terminus";
import { DataSource } from "typeorm";
import { CONFIG, type Config } from "../config/config.js";
import { FEED_SILENCE_MS, type FeedState } from "../domain/feed-state.js";
import { isFlowing } from "../domain/sight.js";
import { FeedStateStore } from "../persistence/stores/feed-state-store.js";
import { ConsumerGroups } from "../streaming/consumer-groups.js";
import type { TransportStrategy } from "../streaming/strategy.js";
import { Transport } from "../streaming/transport.js";
import { within } from "../waiting/limit.js";

const DATABASE_LIMIT_MS = 3_000;

@Injectable()
export class Readiness implements BeforeApplicationShutdown {
  private stopping = false;

  /** Load balancers must stop sending before connections close. */
  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  get isStopping(): boolean {
    return this.stopping;
  }
}

@ApiTags("health")
@Controller("health")
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly source: DataSource,
    private readonly transport: Transport,
    private readonly feeds: FeedStateStore,
    private readonly readiness: Readiness,
    @Inject(CONFIG) private readonly config: Config,
    private readonly groups: ConsumerGroups,
  ) {}

  @Get("live")
  @ApiOperation({ summary: "The process answers; restart it when this fails" })
  @ApiOkResponse({
    description: "Alive",
    schema: { example: { status: "ok" } },
  })
  live(): { status: "ok" } {
    return { status: "ok" };
  }

  @Get("ready")
  @ApiOperation({
    summary: "It can do its work: database, transport, assignment, feeds",
  })
  @ApiOkResponse({
    description:
      "Ready; feeds in trouble are named, and do not make the whole unready",
  })
  @ApiServiceUnavailableResponse({
    description: "Not ready; the part that is down is named",
  })
  async ready(): Promise<HealthCheckResult> {
    try {
      return await this.health.check([
        () => this.process(),
        () => this.database(),
        () => this.transportState(),
        ...this.groups.all.map((strategy) => () => this.consumer(strategy)),
        () => this.feedStates(),
      ]);
    } catch (error) {
      throw error instanceof ServiceUnavailableException
        ? notReady(error.getResponse() as HealthCheckResult)
        : error;
    }
  }

  private process(): HealthIndicatorResult {
    const indicator = this.indicators.check("process");
    return this.readiness.isStopping
      ? indicator.down({ reason: "shutting down" })
      : indicator.up();
  }

  private async database(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check("database");
    try {
      if (!(await within(DATABASE_LIMIT_MS, this.source.query("SELECT 1"))))
        return indicator.down({
          reason: `no answer within ${DATABASE_LIMIT_MS} ms`,
        });
      return indicator.up({
        kind: this.config.databaseUrl === undefined ? "embedded" : "server",
      });
    } catch (error) {
      return indicator.down({
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }

  private transportState(): HealthIndicatorResult {
    const indicator = this.indicators.check("transport");
    const problem = this.transport.problem();
    return problem === null
      ? indicator.up({ kind: this.transport.kind })
      : indicator.down({ reason: problem });
  }

  private consumer(strategy: TransportStrategy): HealthIndicatorResult {
    const indicator = this.indicators.check(`consumer.${strategy.name}`);
    const { assigned, lag, queued } = strategy.consumerStatus();
    return assigned
      ? indicator.up({ lag, queued })
      : indicator.down({ reason: "no partitions assigned", lag, queued });
  }

  /** A venue that is away is the venue's trouble: named here, while the stored data go on being served. */
  private async feedStates(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check("feeds");
    let states: FeedState[];
    try {
      states = await this.feeds.all();
    } catch (error) {
      return indicator.down({
        reason: error instanceof Error ? error.message : String(error),
      });
    }
    const followed = states.filter(({ condition }) => condition !== "stopped");
    const troubles = followed.filter((state) => !isFresh(state, Date.now()));
    const named = Object.fromEntries(
      troubles.slice(0, 50).map((state) => [state.market, trouble(state)]),
    );
    return troubles.length === 0
      ? indicator.up({ markets: followed.length })
      : indicator.degraded({ markets: followed.length, troubles: named });
  }
}

/** One sentence for a person; `details` has every part for programs. */
function notReady({ error = {}, details }: HealthCheckResult): HttpException {
  const down = Object.entries(error).map(
    ([part, state]) => `${part} is down (${String(state?.reason)})`,
  );
  const detail = `Not ready: ${down.join(", ")}.`;
  return new HttpException({ code: "not_ready", detail, details }, 503);
}

function isFresh(state: FeedState, now: number): boolean {
  return now - state.at <= FEED_SILENCE_MS && isFlowing(state);
}

function trouble({ condition, detail, at }: FeedState): string {
  const silence = Date.now() - at;
  if (silence > FEED_SILENCE_MS)
    return `its process has been silent for ${Math.round(silence / 1_000)} s`;
  return detail === null ? condition : `${condition}: ${detail}`;
}
