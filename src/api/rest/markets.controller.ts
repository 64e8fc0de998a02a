import { Controller, Get, Header, HttpStatus, Param, Query } from "@nestjs/common";
import { ApiOperation, ApiTags } from "@nestjs/swagger";
import { isFollowed } from "../../domain/feed-watch.js";
import { Checked } from "../../http/checked.js";
import { Fails, MarketInPath, ReturnsList, ReturnsOne } from "../../http/documented.js";
import { DEFAULT_LIMIT } from "../../http/parameters.js";
import { ProblemException } from "../../http/problem.js";
import { KnownMarkets } from "../../live/known-markets.js";
import { type Ticker, WINDOW_MINUTES, tickerFrom } from "../../live/ticker.js";
import { CandleStore } from "../../persistence/stores/candles/candle-store.js";
import { FeedStateStore } from "../../persistence/stores/feed-state-store.js";
import { type Gap, GapStore } from "../../persistence/stores/gaps/gap-store.js";
import { MarketStore, type MarketSummary } from "../../persistence/stores/market-store.js";
import { requireMarket, unknownMarket } from "./existing-market.js";
import { GapsQuery, NoQuery } from "./queries.js";

@ApiTags("markets")
@Checked()
@Controller("api/v1/markets")
export class MarketsController {
  constructor(
    private readonly markets: MarketStore,
    private readonly known: KnownMarkets,
    private readonly candles: CandleStore,
    private readonly missing: GapStore,
    private readonly feeds: FeedStateStore,
  ) {}

  @Get()
  @ApiOperation({
    summary: "Every market, by name",
    description: "Those with a trade or a feed; the first 10,000.",
  })
  @ReturnsList("Market", "Markets by name")
  @Fails(400)
  @Header("Cache-Control", "no-cache")
  all(@Query() _query: NoQuery): Promise<MarketSummary[]> {
    return this.markets.all();
  }

  @Get(":market")
  @ApiOperation({ summary: "One market" })
  @MarketInPath()
  @ReturnsOne("Market", "The market")
  @Fails(400, 404)
  @Header("Cache-Control", "no-cache")
  async one(@Param("market") market: string, @Query() _query: NoQuery): Promise<MarketSummary> {
    const summary = await this.markets.find(market);
    if (summary === undefined) throw unknownMarket(market);
    return summary;
  }

  @Get(":market/ticker")
  @ApiOperation({
    summary: "Last price and 24 h figures",
    description:
      "Over the 1,440 one-minute buckets that end with the bucket of the newest trade: `stale` where those are of an earlier time. 404 `no_trades` before the first trade.",
  })
  @MarketInPath()
  @ReturnsOne("Ticker", "The ticker")
  @Fails(400, 404)
  @Header("Cache-Control", "no-cache")
  async ticker(@Param("market") market: string, @Query() _query: NoQuery): Promise<Ticker> {
    await requireMarket(this.known, market);
    const [minutes, state] = await Promise.all([
      this.candles.page({ market, interval: "1m", limit: WINDOW_MINUTES }),
      this.feeds.one(market),
    ]);
    const now = Date.now();
    const ticker = tickerFrom(minutes, isFollowed(state, now), now);
    if (ticker === undefined)
      throw new ProblemException(HttpStatus.NOT_FOUND, "no_trades", `${market} has no trade yet.`);
    return ticker;
  }

  @Get(":market/gaps")
  @ApiOperation({
    summary: "Missing trade ids, ascending",
    description:
      "Gaps that have not ended; with `state` those in this state, also ended ones (repaired, void). Always empty on markets whose ids are not dense: gaps cannot be detected there.",
  })
  @MarketInPath()
  @ReturnsList("Gap", "Gaps by id")
  @Fails(400, 404)
  @Header("Cache-Control", "no-cache")
  async gaps(@Param("market") market: string, @Query() query: GapsQuery): Promise<Gap[]> {
    await requireMarket(this.known, market);
    return this.missing.page(market, {
      ...query,
      limit: query.limit ?? DEFAULT_LIMIT,
    });
  }
}
