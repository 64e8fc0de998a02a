import { MINUTE_MS } from "../../domain/units.js";
import type { Venue } from "../venue.js";
import { binanceLike } from "./binance-like.js";
import { SPOT_BULK } from "./bulk-files.js";
import { binanceKlines, repairByAggregates } from "./history.js";
import { binanceInstruments } from "./instruments.js";
import { SPOT_LAYOUTS } from "./layouts.js";

const REST = {
  prefix: "/api/v3",
  weights: { aggTrades: 4, exchangeInfo: 20, klines: 2, trades: 25 },
};
const like = binanceLike("binance", "aggTrade", REST, SPOT_LAYOUTS);

/**
 * Binance spot. `@aggTrade` carries the raw ids it stands for (`f … l`), so candles equal the
 * exchange's klines in every field and gaps can be repaired by id without a key. The hosts serve
 * market data only: no key, no geographic block.
 */
export const binance: Venue = {
  ...like,
  wsUrl: "wss://data-stream.binance.vision",
  restUrl: "https://data-api.binance.vision",
  rest: {
    budget: { weight: 6_000, perMs: MINUTE_MS },
    usedWeightHeader: "x-mbx-used-weight-1m",
  },
  repair: repairByAggregates(REST, like.decodeRest),
  klines: binanceKlines(REST, {
    open: "first trade",
    empty: "unknown",
    leavesOut: null,
  }),
  // As many as one URL holds easily.
  instruments: binanceInstruments("binance", REST, 100),
  bulk: SPOT_BULK,
};
