import { binanceLike } from "./binance-like.js";
import type { Venue } from "./venue.js";

/**
 * Binance spot. `@aggTrade` carries the raw ids it stands for (`f … l`), so candles equal the exchange's klines in every
 * field and gaps can be repaired by id without a key. The hosts serve market data only: no key, no geographic block.
 */
export const binance: Venue = {
  ...binanceLike("binance", "aggTrade", "/api/v3"),
  wsUrl: "wss://data-stream.binance.vision",
  restUrl: "https://data-api.binance.vision",
};
