import { Controller, Get, Header, HttpStatus, Inject, Param, Query } from "@nestjs/common";
import { ApiOperation, ApiParam, ApiTags } from "@nestjs/swagger";
import { CONFIG, type Config } from "../../config/config.js";
import { type Interval, openTimeOf } from "../../domain/interval.js";
import { timeFault, timeOf } from "../../domain/time-text.js";
import { Checked } from "../../http/checked.js";
import { Fails, MarketInPath, ReturnsList, ReturnsOne } from "../../http/documented.js";
import { DEFAULT_LIMIT } from "../../http/parameters.js";
import { ProblemException, badParameters, shown } from "../../http/problem.js";
import { Semaphore } from "../../http/semaphore.js";
import { KnownMarkets } from "../../live/known-markets.js";
import {
  type CandleExplanation,
  ExplanationStore,
} from "../../persistence/stores/candles/explanation-store.js";
import {
  type CandleRevision,
  RevisionStore,
} from "../../persistence/stores/candles/revision-store.js";
import { HistoryQuery, OneCandleQuery } from "./candle-queries.js";
import { storedInterval } from "./candles.controller.js";
import { requireMarket } from "./existing-market.js";

/** Concurrent and queued requests: each reads up to a million trades on its own connection. */
const EXPLANATIONS = { atOnce: 2, waiting: 20 };

const OpenTimeInPath = (): MethodDecorator =>
  ApiParam({
    name: "openTime",
    description: "First ms of the bucket: epoch ms or ISO 8601",
    schema: { type: "string" },
    example: "1723161600000",
  });

interface CandleKey {
  market: string;
  interval: Interval;
  openTime: number;
}

/** The evidence for one candle. */
@ApiTags("candles")
@Checked()
@Controller("api/v1/markets/:market/candles/:openTime")
export class ExplanationController {
  private readonly semaphore = new Semaphore(EXPLANATIONS);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly revisions: RevisionStore,
    private readonly explanations: ExplanationStore,
    private readonly markets: KnownMarkets,
  ) {}

  @Get("history")
  @ApiOperation({
    summary: "Revisions of a candle, ascending",
    description:
      "What each trade after its end has changed, when and why. Without `after` the newest `limit`; for the next page pass the last `revision`. Empty while the candle is open or unchanged since its close.",
  })
  @MarketInPath()
  @OpenTimeInPath()
  @ReturnsList("Revision", "Revisions by number")
  @Fails(400, 404, 409)
  @Header("Cache-Control", "no-cache")
  async history(
    @Param("market") market: string,
    @Param("openTime") openTime: string,
    @Query() query: HistoryQuery,
  ): Promise<CandleRevision[]> {
    const key = await this.keyOf(market, openTime, query.interval);
    const page = await this.revisions.page({
      ...key,
      ...(query.after === undefined ? {} : { after: query.after }),
      limit: query.limit ?? DEFAULT_LIMIT,
    });
    return page ?? noCandle(key);
  }

  @Get("explain")
  @ApiOperation({
    summary: "Everything that is known about one candle",
    description:
      "Its first and last trade, its recorded and missing ids, the sources of its trades, its revisions, and whether recomputing it from its trades gives the same candle. 503 `busy` when too many are requested at once.",
  })
  @MarketInPath()
  @OpenTimeInPath()
  @ReturnsOne("Explanation", "A consistent snapshot")
  @Fails(400, 404, 409)
  @Header("Cache-Control", "no-cache")
  async explain(
    @Param("market") market: string,
    @Param("openTime") openTime: string,
    @Query() query: OneCandleQuery,
  ): Promise<CandleExplanation> {
    const key = await this.keyOf(market, openTime, query.interval);
    const turn = this.semaphore.take(() => this.explanations.of(key));
    if (turn === undefined)
      throw new ProblemException(
        HttpStatus.SERVICE_UNAVAILABLE,
        "busy",
        `${EXPLANATIONS.waiting} explanations are waiting already; try again.`,
      );
    return (await turn) ?? noCandle(key);
  }

  private async keyOf(market: string, text: string, interval: string): Promise<CandleKey> {
    const stored = storedInterval(this.config, interval);
    const time = timeOf(text);
    const openTime = time === undefined ? undefined : openTimeOf(stored, time);
    if (time === undefined || openTime !== time)
      throw badParameters([
        {
          field: "openTime",
          detail: timeFault(
            `must be the first ms of a ${stored} bucket, such as ${openTime ?? openTimeOf(stored, Date.now())}`,
            text,
          ),
          value: shown(text),
        },
      ]);
    await requireMarket(this.markets, market);
    return { market, interval: stored, openTime };
  }
}

function noCandle({ market, interval, openTime }: CandleKey): never {
  throw new ProblemException(
    HttpStatus.NOT_FOUND,
    "no_candle",
    `${market} has no ${interval} candle that opens at ${openTime}: no trade of that time is stored.`,
  );
}
