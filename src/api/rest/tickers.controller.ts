import { Controller, Get, Header, HttpStatus, Inject, Query } from "@nestjs/common";
import { ApiOperation, ApiTags } from "@nestjs/swagger";
import { CONFIG, type Config } from "../../config/config.js";
import { INTERVALS, type Interval } from "../../domain/interval.js";
import { Checked } from "../../http/checked.js";
import { Fails, ReturnsList } from "../../http/documented.js";
import { ProblemException } from "../../http/problem.js";
import { TickerBoard } from "../../live/ticker-board.js";
import { TickerLoader } from "../../live/ticker-loader.js";
import type { Ticker } from "../../live/ticker.js";
import {
  type Sparkline,
  SparklineStore,
} from "../../persistence/stores/candles/sparkline-store.js";
import { NoQuery } from "./queries.js";

/** Longest interval of a sparkline's points. */
const MAX_INTERVAL: Interval = "30m";

/** All markets at once, for overviews. */
@ApiTags("markets")
@Checked()
@Controller("api/v1")
export class TickersController {
  /** Where `30m` is not stored, the longest below it; `1m` always is. */
  private readonly interval: Interval;

  constructor(
    @Inject(CONFIG) { intervals }: Config,
    private readonly board: TickerBoard,
    private readonly loader: TickerLoader,
    private readonly sparklines: SparklineStore,
  ) {
    const widest = INTERVALS.indexOf(MAX_INTERVAL);
    this.interval = intervals.findLast((stored) => INTERVALS.indexOf(stored) <= widest) ?? "1m";
  }

  @Get("tickers")
  @ApiOperation({
    summary: "Last price and 24 h figures of every market, by name",
    description:
      "Markets with a trade. The same as the snapshot of the live channel `tickers`: at most one flush behind the store.",
  })
  @ReturnsList("Ticker", "Tickers by market")
  @Fails(400)
  @Header("Cache-Control", "no-cache")
  async tickers(@Query() _query: NoQuery): Promise<Ticker[]> {
    if (!(await this.loader.loaded()))
      throw new ProblemException(
        HttpStatus.SERVICE_UNAVAILABLE,
        "starting",
        "The last day of every market is still being loaded; try again.",
      );
    return this.board.all();
  }

  @Get("sparklines")
  @ApiOperation({
    summary: "The closes of every market's last 24 h, by name",
    description:
      "From candles of 30 minutes, or of the longest stored interval below; 24 h of the market's own time, up to its newest candle.",
  })
  @ReturnsList("Sparkline", "Closes by market")
  @Fails(400)
  @Header("Cache-Control", "no-cache")
  all(@Query() _query: NoQuery): Promise<Sparkline[]> {
    return this.sparklines.all(this.interval);
  }
}
