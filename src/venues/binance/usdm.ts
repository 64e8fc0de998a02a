import { MINUTE_MS } from "../../domain/units.js";
import type { Venue } from "../venue.js";
import { binanceLike } from "./binance-like.js";
import { USDM_BULK } from "./bulk-files.js";
import { binanceKlines, repairByNewest } from "./history.js";
import { binanceInstruments } from "./instruments.js";
import { USDM_LAYOUTS } from "./layouts.js";

const REST = {
  prefix: "/fapi/v1",
  weights: { aggTrades: 20, exchangeInfo: 1, klines: 5, trades: 5 },
};
const like = binanceLike("binance-usdm", "trade", REST, USDM_LAYOUTS);

/**
 * Binance USD-M futures. `@trade`, since aggregates leave out insurance-fund and ADL prints: their
 * ids would look like holes. The raw stream has them, marked by `X`, and they are stored but in no
 * candle, as in the exchange's klines.
 */
export const binanceUsdm: Venue = {
  ...like,
  wsUrl: "wss://fstream.binance.com/public",
  restUrl: "https://fapi.binance.com",
  rest: {
    budget: { weight: 2_400, perMs: MINUTE_MS },
    usedWeightHeader: "x-mbx-used-weight-1m",
  },
  repair: repairByNewest(REST, like.decodeRest),
  klines: binanceKlines(REST, {
    open: "first trade",
    empty: "unknown",
    leavesOut: "prints outside the book (INSURANCE_FUND, ADL)",
  }),
  instruments: binanceInstruments("binance-usdm", REST, Infinity),
  bulk: USDM_BULK,
};
