import type { Candle } from "../../domain/candle.js";
import { INTERVALS } from "../../domain/interval.js";
import type { Trade } from "../../domain/trade.js";
import type { FieldFault, Problem } from "../../http/problem.js";
import {
  type Schema,
  count,
  decimal,
  flag,
  listOf,
  market,
  nullable,
  number,
  object,
  oneOf,
  text,
  time,
} from "../../http/schema-parts.js";
import type { Ticker } from "../../live/ticker.js";
import type { Sparkline } from "../../persistence/stores/candles/sparkline-store.js";
import { type Gap, GAP_STATES } from "../../persistence/stores/gaps/gap-store.js";
import type { MarketSummary } from "../../persistence/stores/market-store.js";
import { SYSTEM_SCHEMAS } from "../system/system-schemas.js";
import { BACKFILL_SCHEMA } from "./backfill-schema.js";
import { EXPLANATION_SCHEMAS } from "./explanation-schemas.js";
import { INSTRUMENT_SCHEMA } from "./instrument-schema.js";
import { RECONCILIATION_SCHEMAS } from "./reconciliation-schemas.js";

const candle = object<Candle>({
  market,
  interval: oneOf("Interval", ["1m", ...INTERVALS.filter((interval) => interval !== "1m")]),
  openTime: time("First ms of the bucket"),
  closeTime: time("Last ms of the bucket", 1723161659999),
  open: decimal("Price of the first trade by (time, id)", "61683.99"),
  high: decimal("Highest price", "61704"),
  low: decimal("Lowest price", "61651.5"),
  close: decimal("Price of the last trade by (time, id)", "61671.37"),
  volume: decimal("Σ amount, base currency", "31.20651"),
  quoteVolume: decimal("Σ price × amount", "1924712.0811543"),
  takerBuyVolume: decimal("Amount that takers bought", "14.9921"),
  takerBuyQuoteVolume: decimal("Price × amount that takers bought", "924711.8804811"),
  trades: count("Raw trades", 1812),
  firstTradeId: nullable(
    text("First raw trade id; null on markets whose ids are not dense", "3721061031"),
  ),
  lastTradeId: nullable(
    text("Last raw trade id; null on markets whose ids are not dense", "3721062842"),
  ),
  closed: flag("Whether the market's clock has passed its end", true),
  version: count(
    "Rises with every change: ignore a candle whose version is not above the one you have",
    97,
  ),
  revision: count("Changes after closing", 0),
  complete: nullable(
    flag("True: no trade is missing. False: one is, or may be. Null: cannot be known", true),
  ),
});

const trade = object<Trade>({
  market,
  id: text("The venue's own id", "3721061031"),
  ord: text("Orders trades of one millisecond; on dense markets the first raw id", "3721061031"),
  ids: oneOf("Dense ids count up by one, so that gaps can be seen", ["dense", "sparse"]),
  kind: oneOf("An aggregated trade stands for `count` raw ones", ["raw", "aggregated"]),
  count: count("Raw trades this one stands for", 1),
  price: decimal("Price", "61683.99"),
  amount: decimal("Amount, base currency", "0.0125"),
  takerSide: oneOf("The aggressor's side", ["buy", "sell", "unknown"]),
  time: time("Exchange time", 1723161600123),
  receivedAt: time("When Tapeline received it", 1723161600245),
  source: oneOf("Where it came from", [
    "live",
    "replay",
    "simulated",
    "posted",
    "repair",
    "backfill",
  ]),
  offBook: flag("A print that the venue's candles leave out", false),
});

const summary = object<MarketSummary>({
  market,
  venue: text("Venue", "binance"),
  symbol: text("The venue's own name", "BTCUSDT"),
  ids: nullable(
    oneOf("Dense ids count up by one, so that gaps can be seen; null until the first trade", [
      "dense",
      "sparse",
    ]),
  ),
  kind: nullable(oneOf("Kind of its trades; null until the first trade", ["aggregated", "raw"])),
  firstTradeTime: nullable(time("Exchange time of the oldest trade")),
  lastTradeTime: nullable(time("Exchange time of the newest trade", 1723161659990)),
  clock: nullable(time("Newest exchange time known", 1723161659990)),
  trades: count("Raw trades stored", 19904),
  coverage: object<MarketSummary["coverage"]>(
    {
      ranges: count("Contiguous ranges of ids", 1),
      from: nullable(text("Lowest recorded raw id", "3721050000")),
      to: nullable(text("Highest recorded raw id", "3721069903")),
      held: text("Raw ids recorded", "19904"),
      missing: text("Raw ids that should be recorded and are not", "0"),
      void: text("Raw ids for which the venue itself has no trade", "0"),
    },
    "Trade ids recorded",
  ),
  feed: {
    ...nullable({}),
    allOf: [{ $ref: "#/components/schemas/Feed" }],
    description: "Its live source, if any",
  },
  instrument: INSTRUMENT_SCHEMA,
});

const gap = object<Gap>({
  fromId: text("First missing raw id", "1298120311"),
  toId: text("Last missing raw id", "1298144955"),
  ids: text("How many", "24645"),
  afterTime: nullable(
    time("Exchange time of the trade before; null when it was dropped", 1750521600000),
  ),
  beforeTime: nullable(
    time("Exchange time of the trade after; null when it was dropped", 1750535820000),
  ),
  state: oneOf(
    "repaired: ended, with trades of the venue. void: ended, the venue itself has no trade for any id. unrepairable: the venue does not return them, for the reason given",
    [...GAP_STATES],
  ),
  filled: nullable(text("Of an ended one: ids whose trades came; null before", "24640")),
  voided: nullable(text("Of an ended one: ids for which the venue has no trade", "5")),
  reason: nullable(text("Why it is not repaired (yet)", "the venue's REST API is unreachable")),
  foundAt: nullable(time("When it was first seen; null where no process repairs the market")),
  endedAt: nullable(time("When it ended; null while it has not")),
  attempts: count("Repair attempts", 1),
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
  tradesPerMinute: number(
    "Mean of raw trades over the five minutes before the minute of the newest trade, fewer where the market has none before",
    1702.4,
  ),
  complete: nullable(
    flag("False: a minute of the window is not complete. Null: cannot be known", true),
  ),
  openTime: time("First ms of the window's oldest minute", 1723075320000),
  closeTime: time("Last ms of the minute of the newest trade", 1723161719999),
  stale: flag(
    "Nobody follows the market now, and the window ended more than a minute ago: these are figures of an earlier time",
    false,
  ),
});

const sparkline = object<Sparkline>({
  market,
  interval: oneOf("Of the candles", ["30m"]),
  openTimes: listOf(time("First ms of the bucket"), "Ascending"),
  closes: listOf(decimal("Price of its last trade", "61671.37")),
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
    detail: text("For people", 'limit must be an integer from 1 to 1000, not "10000"'),
    instance: text(
      "URL of the request",
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
  Market: summary,
  Gap: gap,
  Ticker: ticker,
  Sparkline: sparkline,
  Backfill: BACKFILL_SCHEMA,
  Problem: problem,
  ...EXPLANATION_SCHEMAS,
  ...SYSTEM_SCHEMAS,
  ...RECONCILIATION_SCHEMAS,
};
