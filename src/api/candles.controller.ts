import { createHash } from "node:crypto";
import {
  Controller,
  Get,
  Headers,
  Inject,
  Param,
  Query,
  Res,
} from "@nestjs/common";
import { ApiOperation, ApiTags } from "@nestjs/swagger";
import type { FastifyReply } from "fastify";
import { CONFIG, type Config } from "../config.js";
import type { Candle } from "../domain/candle.js";
import type { Interval } from "../domain/interval.js";
import { CandleStore } from "../persistence/candle-store.js";
import { CANDLE_COLUMNS, csvOf, wantsCsv } from "./csv.js";
import { Fails, MarketInPath, ReturnsList } from "./documented.js";
import { KnownMarkets } from "./known-markets.js";
import { checkRange } from "./parameters.js";
import { badParameters, shown } from "./problem.js";
import { CandlesQuery } from "./queries.js";

const CSV_EXAMPLE = `${CANDLE_COLUMNS.join(",")}\r\nbinance:BTCUSDT,1m,1723161600000,1723161659999,61683.99,61704,…\r\n`;

@ApiTags("candles")
@Controller("api/v1/markets")
export class CandlesController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly candles: CandleStore,
    private readonly markets: KnownMarkets,
  ) {}

  @Get(":market/candles")
  @ApiOperation({
    summary: "Candles, ascending",
    description:
      "`start` and `end` bound `openTime`. Without times the newest `limit`; with `start` alone the oldest from there: page on with the last `openTime` + 1. `Accept: text/csv` gives CSV.",
  })
  @MarketInPath()
  @ReturnsList("Candle", "Candles by openTime", CSV_EXAMPLE)
  @Fails(304, 400, 404)
  async page(
    @Param("market") market: string,
    @Query() query: CandlesQuery,
    @Headers("accept") accept: string | undefined,
    @Headers("if-none-match") known: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const interval = storedInterval(this.config, query.interval);
    checkRange(query);
    await this.markets.require(market);
    const { fill, ...range } = query;
    const wanted = { ...range, market, interval };
    const candles = await (fill === undefined
      ? this.candles.page(wanted)
      : this.candles.filled(wanted));
    const csv = wantsCsv(accept);
    const etag = etagOf(candles, csv);
    void reply
      .header("ETag", etag)
      .header("Cache-Control", "no-cache")
      .header("Vary", "Accept");
    if (known !== undefined && matches(known, etag)) {
      await reply.status(304).send();
    } else if (csv) {
      await reply
        .type("text/csv; charset=utf-8; header=present")
        .send(csvOf(CANDLE_COLUMNS, candles));
    } else {
      // As text: Fastify then sends it as it is, an object it would serialise with more care and time.
      await reply
        .type("application/json; charset=utf-8")
        .send(JSON.stringify(candles));
    }
  }
}

/** Throws a 400 that names the stored intervals. */
export function storedInterval(config: Config, text: string): Interval {
  const interval = config.intervals.find((stored) => stored === text);
  if (interval !== undefined) return interval;
  throw badParameters([
    {
      field: "interval",
      detail: `must be one that is stored (${config.intervals.join(", ")})`,
      value: shown(text),
    },
  ]);
}

/**
 * From the versions, which change with everything a candle says. The close makes it differ after a database was
 * started anew, and for flat candles, which have no versions.
 */
function etagOf(candles: readonly Candle[], csv: boolean): string {
  const hash = createHash("sha1").update(csv ? "csv" : "json");
  for (const { openTime, version, close } of candles)
    hash.update(`${openTime}.${version}.${close},`);
  return `"${hash.digest("base64url")}"`;
}

function matches(header: string, etag: string): boolean {
  return header
    .split(",")
    .some((given) => [etag, `W/${etag}`, "*"].includes(given.trim()));
}
