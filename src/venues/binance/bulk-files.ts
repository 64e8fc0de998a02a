import { canonical } from "../../domain/decimal.js";
import { marketOf } from "../../domain/market.js";
import type { TakerSide, Trade } from "../../domain/trade.js";
import { isOffBook, printFaultOf } from "../decode/off-book.js";
import type { Bulk, BulkFiles, Refused } from "../venue.js";

const URL = "https://data.binance.vision";
/**
 * Spot files are in microseconds since 2025-01-01, and in milliseconds before; 10¹⁴ ms is the year
 * 5138.
 */
const MICROSECONDS = /^\d{15,16}$/;
/** The reader, which knows the file's day, checks the times. */
const LATEST = Number.MAX_SAFE_INTEGER;

const AGGREGATES =
  "agg_trade_id price quantity first_trade_id last_trade_id transact_time is_buyer_maker";
const TRADES = "id price qty quote_qty time is_buyer_maker";

/** `data.binance.vision`; see binance/binance-public-data, README.md. */
export const SPOT_BULK: Bulk = {
  url: URL,
  defaultKind: "aggregated",
  files: {
    aggregated: aggregates("binance", "spot", `${AGGREGATES} is_best_match`),
    raw: trades("binance", "spot", `${TRADES} is_best_match`),
  },
};

/** Its files leave out the prints outside the book: their ids remain holes. */
export const USDM_BULK: Bulk = {
  url: URL,
  defaultKind: "raw",
  files: {
    aggregated: aggregates("binance-usdm", "futures/um", AGGREGATES),
    raw: trades("binance-usdm", "futures/um", TRADES),
  },
};

function aggregates(venue: string, folder: string, columns: string): BulkFiles {
  return {
    columns: columns.split(" "),
    path: pathOf(folder, "aggTrades"),
    decode: ([id, price, quantity, first, last, time, maker], symbol, at) =>
      // Cancelled aggregates keep their id and lose their trades.
      first === "-1" && last === "-1"
        ? null
        : checked(id, {
            ...tradeOf(venue, symbol, { id, price, quantity, time, maker }, at),
            ord: first ?? "",
            kind: "aggregated",
            count: Number(last) - Number(first) + 1,
          }),
  };
}

function trades(venue: string, folder: string, columns: string): BulkFiles {
  return {
    columns: columns.split(" "),
    path: pathOf(folder, "trades"),
    decode: ([id, price, quantity, , time, maker], symbol, at) =>
      checked(id, tradeOf(venue, symbol, { id, price, quantity, time, maker }, at)),
  };
}

function pathOf(folder: string, kind: string): BulkFiles["path"] {
  return (symbol, period) => {
    const span = period.length === "2024-01".length ? "monthly" : "daily";
    return `data/${folder}/${span}/${kind}/${symbol}/${symbol}-${kind}-${period}.zip`;
  };
}

type Fields = Record<"id" | "price" | "quantity" | "time" | "maker", string | undefined>;

/** A field that cannot be read is passed on unchanged: `printFaultOf` names the fault. */
function tradeOf(
  venue: string,
  symbol: string,
  { id = "", price = "", quantity = "", time = "", maker = "" }: Fields,
  receivedAt: number,
): Trade {
  const priceText = canonical(price) ?? price;
  const amount = canonical(quantity) ?? quantity;
  return {
    market: marketOf(venue, symbol),
    id,
    ord: id,
    ids: "dense",
    kind: "raw",
    count: 1,
    price: priceText,
    amount,
    takerSide: sideOf(maker) as TakerSide,
    time: millisecondsOf(time),
    receivedAt,
    source: "backfill",
    offBook: isOffBook(priceText, amount),
  };
}

/**
 * The buyer was the maker: the seller was the aggressor. Spot files write True, those of futures
 * true.
 */
function sideOf(maker: string): string {
  if (maker === "True" || maker === "true") return "sell";
  return maker === "False" || maker === "false" ? "buy" : maker;
}

function millisecondsOf(time: string): number {
  if (MICROSECONDS.test(time)) return Number(time.slice(0, -3));
  return /^\d{13}$/.test(time) ? Number(time) : NaN;
}

function checked(id: string | undefined, trade: Trade): Trade | Refused {
  // `printFaultOf` accepts any text as the id of an aggregate.
  if (id === undefined || !/^\d{1,18}$/.test(id))
    return {
      reason: "bad_id",
      detail: `an id must be a number, not ${JSON.stringify(id)}`,
    };
  const fault = printFaultOf(trade, LATEST, {});
  return fault === undefined ? trade : { reason: fault.code, detail: fault.detail };
}
