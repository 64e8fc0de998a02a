import type { OpenAPIObject } from "@nestjs/swagger";
import type { Candle } from "../domain/candle.js";
import { INTERVALS } from "../domain/interval.js";
import type { FeedState } from "../domain/feed-state.js";
import type { Trade } from "../domain/trade.js";
import type { Gap, MarketSummary } from "../persistence/market-store.js";
import type { FieldFault, Problem } from "./problem.js";
import type { Status } from "./status.js";
import type { Ticker } from "./ticker.js";

type SchemaOrReference = NonNullable<
  NonNullable<OpenAPIObject["components"]>["schemas"]
>[string];
type Schema = Exclude<SchemaOrReference, { $ref: string }>;

const text = (description: string, example: string): Schema => ({
  type: "string",
  description,
  example,
});
const decimal = (description: string, example: string): Schema => ({
  ...text(`${description}. Exact decimal as text`, example),
  pattern: "^-?\\d+(\\.\\d+)?$",
});
const count = (description: string, example: number): Schema => ({
  type: "integer",
  minimum: 0,
  description,
  example,
});
const time = (description: string, example = 1723161600000): Schema => ({
  type: "integer",
  format: "int64",
  description: `${description}. Epoch ms`,
  example,
});
const flag = (description: string, example: boolean): Schema => ({
  type: "boolean",
  description,
  example,
});
const oneOf = (description: string, values: readonly string[]): Schema => ({
  type: "string",
  enum: [...values],
  description,
  example: values[0],
});
const nullable = (schema: Schema): Schema => ({ ...schema, nullable: true });
/** Every field of `T` is described and required; the compiler finds the one that was forgotten. */
function object<T>(
  properties: Record<keyof T & string, SchemaOrReference>,
  description?: string,
): Schema {
  return {
    type: "object",
    properties,
    required: Object.keys(properties),
    ...(description === undefined ? {} : { description }),
  };
}

const market = text("Market, `venue:symbol`", "binance:BTCUSDT");

const candle = object<Candle>({
  market,
  interval: oneOf("Interval", [
    "1m",
    ...INTERVALS.filter((interval) => interval !== "1m"),
  ]),
  openTime: time("First ms of the bucket"),
  closeTime: time("Last ms of the bucket", 1723161659999),
  open: decimal("Price of the first trade by (time, id)", "61683.99"),
  high: decimal("Highest price", "61704"),
  low: decimal("Lowest price", "61651.5"),
  close: decimal("Price of the last trade by (time, id)", "61671.37"),
  volume: decimal("Σ amount, base currency", "31.20651"),
  quoteVolume: decimal("Σ price × amount", "1924712.0811543"),
  takerBuyVolume: decimal("Amount that takers bought", "14.9921"),
  takerBuyQuoteVolume: decimal(
    "Price × amount that takers bought",
    "924711.8804811",
  ),
  trades: count("Raw trades", 1812),
  firstTradeId: nullable(
    text(
      "First raw trade id; null on markets whose ids are not dense",
      "3721061031",
    ),
  ),
  lastTradeId: nullable(
    text(
      "Last raw trade id; null on markets whose ids are not dense",
      "3721062842",
    ),
  ),
  closed: flag("Whether the market's clock has passed its end", true),
  version: count(
    "Rises with every change: ignore a candle whose version is not above the one you have",
    97,
  ),
  revision: count("Changes after closing", 0),
  complete: nullable(
    flag(
      "True: no trade of it is missing. False: one is, or may be. Null: cannot be known",
      true,
    ),
  ),
});

const trade = object<Trade>({
  market,
  id: text("The venue's own id", "3721061031"),
  ord: text(
    "Orders trades of one millisecond; on dense markets the first raw id",
    "3721061031",
  ),
  ids: oneOf("Dense ids count up by one, so that gaps can be seen", [
    "dense",
    "sparse",
  ]),
  kind: oneOf("An aggregated trade stands for `count` raw ones", [
    "raw",
    "aggregated",
  ]),
  count: count("Raw trades this one stands for", 1),
  price: decimal("Price", "61683.99"),
  amount: decimal("Amount, base currency", "0.0125"),
  takerSide: oneOf("The aggressor's side", ["buy", "sell", "unknown"]),
  time: time("Exchange time", 1723161600123),
  receivedAt: time("When it reached Tapeline", 1723161600245),
  source: oneOf("Where it came from", [
    "live",
    "replay",
    "simulated",
    "posted",
  ]),
  offBook: flag("A print that the venue's candles leave out", false),
});

const feed = object<FeedState>({
  market,
  condition: oneOf("State of the feed", [
    "live",
    "connecting",
    "quiet",
    "stale",
    "down",
    "stopped",
  ]),
  since: time("When the condition last changed"),
  at: time(
    "When this was written; older than 15 s means that its process is gone",
  ),
  detail: nullable(text("What a person should know", "simulated data")),
  lastTradeAt: nullable(time("When the newest trade arrived")),
  reconnects: count("Connections made again", 0),
  refused: count("Frames and trades that were not taken", 0),
});

const summary = object<MarketSummary>({
  market,
  venue: text("Venue", "binance"),
  symbol: text("The venue's own name", "BTCUSDT"),
  ids: oneOf("Dense ids count up by one, so that gaps can be seen", [
    "dense",
    "sparse",
  ]),
  kind: oneOf("Kind of its trades", ["aggregated", "raw"]),
  firstTradeTime: nullable(time("Exchange time of the oldest trade")),
  lastTradeTime: nullable(
    time("Exchange time of the newest trade", 1723161659990),
  ),
  clock: nullable(time("Newest exchange time known", 1723161659990)),
  trades: count("Raw trades stored", 19904),
  coverage: object<MarketSummary["coverage"]>(
    {
      ranges: count("Runs of ids without a hole", 1),
      from: nullable(text("Lowest raw id held", "3721050000")),
      to: nullable(text("Highest raw id held", "3721069903")),
      held: text("Raw ids held", "19904"),
      missing: text("Raw ids that should be held and are not", "0"),
    },
    "Trade ids held",
  ),
  feed: {
    ...nullable({}),
    allOf: [{ $ref: "#/components/schemas/Feed" }],
    description: "Its live source, if any",
  },
});

const gap = object<Gap>({
  fromId: text("First missing raw id", "1298120311"),
  toId: text("Last missing raw id", "1298144955"),
  ids: text("How many", "24645"),
  afterTime: nullable(time("Exchange time of the trade before", 1750521600000)),
  beforeTime: nullable(
    time("Exchange time of the trade behind", 1750535820000),
  ),
});

const ticker = object<Ticker>({
  market,
  last: decimal("Price of the newest trade", "61671.37"),
  open: decimal("Price of the window's first trade", "55133.05"),
  high: decimal("Highest price", "62744.24"),
  low: decimal("Lowest price", "54730"),
  volume: decimal("Base currency", "41129.5512"),
  quoteVolume: decimal("Quote currency", "2405663174.12031"),
  change: decimal("last − open", "6538.32"),
  changePercent: nullable(decimal("Two digits", "11.86")),
  trades: count("Raw trades", 4501220),
  openTime: time("First ms of the window's oldest minute", 1723075320000),
  closeTime: time("Last ms of the minute of the newest trade", 1723161719999),
});

const status = object<Status>({
  version: text("Version of Tapeline", "0.1.0"),
  mode: object<Status["mode"]>({
    database: oneOf("Own or server PostgreSQL", ["embedded", "server"]),
    transport: oneOf("How trades travel", ["in-process", "kafka"]),
    why: text("What decided it", "DATABASE_URL and KAFKA_BROKERS are not set"),
  }),
  roles: {
    type: "array",
    items: { type: "string" },
    description: "What this process does",
    example: ["ingestion", "recorder", "api"],
  },
  simulated: flag("Whether simulated prices are among the markets", false),
  notice: nullable(
    text(
      "What a person should know before trusting the figures",
      "Venue sim is simulated.",
    ),
  ),
  feeds: { type: "array", items: { $ref: "#/components/schemas/Feed" } },
  intervals: {
    type: "array",
    items: { type: "string" },
    description: "Stored intervals",
    example: ["1m", "5m", "1h"],
  },
  epoch: text(
    "Changes with the process; live frames carry it",
    "lz4k2v1c-9f3a",
  ),
  uptime: count("Seconds", 312),
});

const problem: Schema = {
  type: "object",
  description: "RFC 9457",
  required: ["type", "title", "status", "code", "detail", "instance"],
  properties: {
    type: text("Always about:blank: `code` tells errors apart", "about:blank"),
    title: text("Of the status", "Bad Request"),
    status: { type: "integer", example: 400 },
    code: text("Stable, for programs", "bad_parameter"),
    detail: text(
      "For people",
      'limit must be an integer from 1 to 1000, not "10000"',
    ),
    instance: text(
      "What was asked for",
      "/api/v1/markets/binance:BTCUSDT/candles?interval=1m&limit=10000",
    ),
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["field", "detail"],
        properties: {
          field: text("Name of the wrong field", "limit"),
          detail: text("What it must be", "must be an integer from 1 to 1000"),
          value: text("What was sent", "10000"),
        } satisfies Record<keyof FieldFault, Schema>,
      },
    },
  } satisfies Record<keyof Problem, Schema>,
};

/** Components of the OpenAPI document, by name. */
export const SCHEMAS: Record<string, Schema> = {
  Candle: candle,
  Trade: trade,
  Feed: feed,
  Market: summary,
  Gap: gap,
  Ticker: ticker,
  Status: status,
  Problem: problem,
};
