import { Controller, Get, Headers, Inject, Param, Query, Res } from "@nestjs/common";
import { ApiOperation, ApiTags } from "@nestjs/swagger";
import type { FastifyReply } from "fastify";
import { CONFIG, type Config } from "../../config/config.js";
import { DAY_MS } from "../../domain/units.js";
import { Checked } from "../../http/checked.js";
import { DAY_COLUMNS, DIFFERENCE_COLUMNS, csvOf, wantsCsv } from "../../http/csv.js";
import { Fails, MarketInPath, ReturnsList } from "../../http/documented.js";
import { DEFAULT_LIMIT, checkRange } from "../../http/parameters.js";
import { badParameters } from "../../http/problem.js";
import { KnownMarkets } from "../../live/known-markets.js";
import { ReconciliationStore } from "../../persistence/stores/reconciliation/reconciliation-store.js";
import { storedInterval } from "./candles.controller.js";
import { requireMarket } from "./existing-market.js";
import { DifferencesQuery, ReconciliationQuery } from "./reconciliation-queries.js";

const CSV = "text/csv; charset=utf-8; header=present";
const DAYS_EXAMPLE = `${DAY_COLUMNS.join(",")}\r\nbinance:BTCUSDT,1723161600000,1440,1439,1,0,0.9993\r\n`;

const DIFFERENCES_EXAMPLE = `${DIFFERENCE_COLUMNS.join(",")}\r\nbinance:BTCUSDT,1m,1723161660000,differs,"[{""ours"":""31.20651"",""field"":""volume"",""judged"":true,""theirs"":""31.20652""}]",confirmed,true,97,1723165260000,1723165320000\r\n`;

@ApiTags("reconciliation")
@Checked()
@Controller("api/v1")
export class ReconciliationController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly results: ReconciliationStore,
    private readonly known: KnownMarkets,
  ) {}

  @Get("reconciliation")
  @ApiOperation({
    summary: "Minutes that match the venues' own candles, by day and market",
    description:
      "Newest day first, then by market; the first 10,000. Days without a compared minute are omitted. `Accept: text/csv` or `format=csv` gives CSV.",
  })
  @ReturnsList("ReconciledDay", "Days, newest first", DAYS_EXAMPLE)
  @Fails(400, 404)
  async days(
    @Query() query: ReconciliationQuery,
    @Headers("accept") accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { market, format, to = Date.now() } = query;
    const from = query.from ?? Math.max(0, to - 30 * DAY_MS);
    if (from >= to)
      throw badParameters([
        {
          field: "from",
          detail: `must be before to (${to})`,
          value: String(from),
        },
      ]);
    if (market !== undefined) await requireMarket(this.known, market);
    const days = await this.results.days(market, from, to);
    await send(reply, DAY_COLUMNS, days, format, accept);
  }

  @Get("markets/:market/reconciliation")
  @ApiOperation({
    summary: "Candles that differ from the venue's own, ascending",
    description:
      "Of `1m` unless an interval is given, from `start` on; for the next page, `start` is the last `openTime` + 1. Includes resolved ones. `Accept: text/csv` or `format=csv` gives CSV, in which `fields` is JSON.",
  })
  @MarketInPath()
  @ReturnsList("Difference", "Differences by openTime", DIFFERENCES_EXAMPLE)
  @Fails(400, 404)
  async differences(
    @Param("market") market: string,
    @Query() { format, ...query }: DifferencesQuery,
    @Headers("accept") accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const interval = storedInterval(this.config, query.interval ?? "1m");
    checkRange(query);
    await requireMarket(this.known, market);
    const rows = await this.results.differences({
      ...query,
      market,
      interval,
      limit: query.limit ?? DEFAULT_LIMIT,
    });
    await send(reply, DIFFERENCE_COLUMNS, rows, format, accept);
  }
}

async function send<R extends object>(
  reply: FastifyReply,
  columns: readonly (keyof R & string)[],
  rows: readonly R[],
  format: ReconciliationQuery["format"],
  accept: string | undefined,
): Promise<void> {
  void reply.header("Cache-Control", "no-cache").header("Vary", "Accept");
  if (format === "csv")
    void reply.header("Content-Disposition", 'attachment; filename="reconciliation.csv"');
  if (format === "csv" || (format === undefined && wantsCsv(accept)))
    await reply.type(CSV).send(csvOf(columns, rows));
  else await reply.type("application/json; charset=utf-8").send(JSON.stringify(rows));
}
