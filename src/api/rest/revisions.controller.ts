import { Controller, Get, Header, Inject, Param, Query } from "@nestjs/common";
import { ApiOperation, ApiTags } from "@nestjs/swagger";
import { CONFIG, type Config } from "../../config/config.js";
import { REVISION_REASONS } from "../../domain/revision.js";
import { Checked } from "../../http/checked.js";
import { Fails, MarketInPath, ReturnsList } from "../../http/documented.js";
import { DEFAULT_LIMIT, checkRange } from "../../http/parameters.js";
import { KnownMarkets } from "../../live/known-markets.js";
import {
  type RevisedCandle,
  RevisedCandleStore,
} from "../../persistence/stores/candles/revised-candle-store.js";
import { RevisedQuery } from "./candle-queries.js";
import { storedInterval } from "./candles.controller.js";
import { requireMarket } from "./existing-market.js";

@ApiTags("candles")
@Checked()
@Controller("api/v1/markets")
export class RevisionsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly revised: RevisedCandleStore,
    private readonly markets: KnownMarkets,
  ) {}

  @Get(":market/revisions")
  @ApiOperation({
    summary: "Revised candles, ascending",
    description:
      "Closed candles that were changed, or first made, after their end; `…/candles/{openTime}/history` lists what each revision changed. `reasons=late,repair,posted` omits candles that were only changed by loading history. `start` and `end` bound `openTime`, as for candles.",
  })
  @MarketInPath()
  @ReturnsList("RevisedCandle", "Candles by openTime")
  @Fails(400, 404)
  @Header("Cache-Control", "no-cache")
  async page(
    @Param("market") market: string,
    @Query() query: RevisedQuery,
  ): Promise<RevisedCandle[]> {
    const interval = storedInterval(this.config, query.interval);
    checkRange(query);
    await requireMarket(this.markets, market);
    const { reasons, limit, ...range } = query;
    const wanted = reasons?.split(",");
    return this.revised.page({
      ...range,
      market,
      interval,
      ...(wanted === undefined
        ? {}
        : { reasons: REVISION_REASONS.filter((one) => wanted.includes(one)) }),
      limit: limit ?? DEFAULT_LIMIT,
    });
  }
}
