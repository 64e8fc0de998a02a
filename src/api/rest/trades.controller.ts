import { Controller, Get, Header, Headers, Param, Query, Res } from "@nestjs/common";
import { ApiOperation, ApiTags } from "@nestjs/swagger";
import type { FastifyReply } from "fastify";
import { TRADE_COLUMNS, csvOf, wantsCsv } from "../../http/csv.js";
import { Checked } from "../../http/checked.js";
import { Fails, MarketInPath, ReturnsList } from "../../http/documented.js";
import { DEFAULT_LIMIT, checkRange } from "../../http/parameters.js";
import { KnownMarkets } from "../../live/known-markets.js";
import { requireMarket } from "./existing-market.js";
import { TradeStore } from "../../persistence/stores/trade-store.js";
import { TradesQuery } from "./queries.js";

const CSV_EXAMPLE = `${TRADE_COLUMNS.join(",")}\r\nbinance:BTCUSDT,3721061031,3721061031,dense,raw,1,61683.99,0.0125,buy,…\r\n`;

@ApiTags("trades")
@Checked()
@Controller("api/v1/markets")
export class TradesController {
  constructor(
    private readonly trades: TradeStore,
    private readonly markets: KnownMarkets,
  ) {}

  @Get(":market/trades")
  @ApiOperation({
    summary: "Trades, ascending by (time, ord)",
    description:
      "Without times and ids the newest `limit`. Page by id (`fromId` = last `ord` + `count`): paging by time would skip trades that share a millisecond. `Accept: text/csv` gives CSV.",
  })
  @MarketInPath()
  @ReturnsList("Trade", "Trades by (time, ord)", CSV_EXAMPLE)
  @Fails(400, 404)
  @Header("Cache-Control", "no-cache")
  @Header("Vary", "Accept")
  async page(
    @Param("market") market: string,
    @Query() query: TradesQuery,
    @Headers("accept") accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    checkRange(query);
    await requireMarket(this.markets, market);
    const trades = await this.trades.page({
      ...query,
      limit: query.limit ?? DEFAULT_LIMIT,
      market,
    });
    if (wantsCsv(accept))
      await reply
        .type("text/csv; charset=utf-8; header=present")
        .send(csvOf(TRADE_COLUMNS, trades));
    else await reply.type("application/json; charset=utf-8").send(JSON.stringify(trades));
  }
}
