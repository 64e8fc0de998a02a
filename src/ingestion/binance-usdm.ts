import { binanceLike } from "./binance-like.js";
import type { Venue } from "./venue.js";

/**
 * Binance USD-M futures. `@trade`, since aggregates leave out insurance-fund and ADL prints: their ids would look like
 * holes. The raw stream has them, marked by `X`, and they are stored but in no candle, as in the exchange's klines.
 */
export const binanceUsdm: Venue = {
  ...binanceLike("binance-usdm", "trade", "/fapi/v1"),
  wsUrl: "wss://fstream.binance.com/public",
  restUrl: "https://fapi.binance.com",
};
