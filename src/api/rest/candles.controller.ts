import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { Controller, Get, Headers, Inject, Param, Query, Res } from "@nestjs/common";
import { ApiOperation, ApiTags } from "@nestjs/swagger";
import type { FastifyReply } from "fastify";
import { CONFIG, type Config } from "../../config/config.js";
import type { Candle } from "../../domain/candle.js";
import type { Interval } from "../../domain/interval.js";
import { Checked } from "../../http/checked.js";
import { CANDLE_COLUMNS, csvOf, csvOfPages, wantsCsv } from "../../http/csv.js";
import { Fails, MarketInPath, ReturnsList } from "../../http/documented.js";
import { matchesEtag } from "../../http/etag.js";
import { DEFAULT_LIMIT, MAX_LIMIT, checkRange } from "../../http/parameters.js";
import { badParameters, shown } from "../../http/problem.js";
import { KnownMarkets } from "../../live/known-markets.js";
import { type CandleQuery, CandleStore } from "../../persistence/stores/candles/candle-store.js";
import { requireMarket } from "./existing-market.js";
import { CandlesQuery } from "./queries.js";

const CSV = "text/csv; charset=utf-8; header=present";
const CSV_EXAMPLE = `${CANDLE_COLUMNS.join(",")}\r\nbinance:BTCUSDT,1m,1723161600000,1723161659999,61683.99,61704,…\r\n`;

@ApiTags("candles")
@Checked()
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
      "`start` and `end` bound `openTime`. Without times the newest `limit`; with `start` alone the oldest from there: page on with the last `openTime` + 1. `Accept: text/csv` or `format=csv` gives CSV, and with `start` and without `limit` the whole range, however long, as a stream.",
  })
  @MarketInPath()
  @ReturnsList("Candle", "Candles by openTime", CSV_EXAMPLE)
  @Fails(304, 400, 404, 409)
  async page(
    @Param("market") market: string,
    @Query() query: CandlesQuery,
    @Headers("accept") accept: string | undefined,
    @Headers("if-none-match") known: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const interval = storedInterval(this.config, query.interval);
    checkRange(query);
    await requireMarket(this.markets, market);
    const { fill, format, limit, ...range } = query;
    const wanted = { ...range, market, interval };
    const read = (page: CandleQuery): Promise<Candle[]> =>
      fill === undefined ? this.candles.page(page) : this.candles.filled(page);
    const csv = format === "csv" || (format === undefined && wantsCsv(accept));
    const { start } = range;
    const whole = csv && limit === undefined && start !== undefined;
    if (whole)
      await this.candles.requireBuilt(market, interval, {
        from: start,
        to: range.end ?? Number.MAX_SAFE_INTEGER,
      });
    // Read before any header is set: a failure here is an ordinary error, not a broken download.
    const candles = await read({
      ...wanted,
      limit: limit ?? (whole ? MAX_LIMIT : DEFAULT_LIMIT),
    });
    void reply.header("Cache-Control", "no-cache").header("Vary", "Accept");
    if (format === "csv") void reply.header("Content-Disposition", attachment(fileNameOf(wanted)));
    if (whole) {
      const pages = csvOfPages<Candle>(CANDLE_COLUMNS, candles, MAX_LIMIT, ({ openTime }) =>
        read({ ...wanted, start: openTime + 1, limit: MAX_LIMIT }),
      );
      // At most one page is buffered for a slow client.
      const stream = Readable.from(pages, {
        objectMode: true,
        highWaterMark: 1,
      });
      await reply.type(CSV).send(stream);
      return;
    }
    const etag = etagOf(candles, csv);
    void reply.header("ETag", etag);
    if (known !== undefined && matchesEtag(known, etag)) {
      await reply.status(304).send();
    } else if (csv) {
      await reply.type(CSV).send(csvOf(CANDLE_COLUMNS, candles));
    } else {
      // As text, which Fastify sends as it is; serialising an object takes longer.
      await reply.type("application/json; charset=utf-8").send(JSON.stringify(candles));
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

/** `binance-BTCUSDT-1m-2024-08-09T00-00-00Z.csv`: valid on every file system. */
function fileNameOf(wanted: Omit<CandleQuery, "limit">): string {
  const time = (at: number | undefined): string[] =>
    at === undefined ? [] : [new Date(at).toISOString().slice(0, 19) + "Z"];
  const parts = [wanted.market, wanted.interval, ...time(wanted.start), ...time(wanted.end)];
  return `${parts.join("-").replaceAll(/[^\p{L}\p{M}\p{N}._-]/gu, "-")}.csv`;
}

/** RFC 6266: a header is ASCII, other letters stand encoded beside. */
function attachment(name: string): string {
  const ascii = name.replaceAll(/[^ -~]/gu, "_");
  const exact = ascii === name ? "" : `; filename*=UTF-8''${encodeURIComponent(name)}`;
  return `attachment; filename="${ascii}"${exact}`;
}

/**
 * From the versions, which rise with every change of a candle. The close makes it differ after the
 * database was recreated, and for flat candles, which have no versions.
 */
function etagOf(candles: readonly Candle[], csv: boolean): string {
  const hash = createHash("sha1").update(csv ? "csv" : "json");
  for (const { openTime, version, close } of candles)
    hash.update(`${openTime}.${version}.${close},`);
  return `"${hash.digest("base64url")}"`;
}
