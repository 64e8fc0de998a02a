import type { Interval } from "./interval.js";
import type { Market } from "./market.js";

/**
 * The public form of a candle: REST, Socket.IO and topic `candles` have this shape.
 * Decimals and ids are text, times epoch ms.
 */
export interface Candle {
  market: Market;
  interval: Interval;
  openTime: number;
  /** Last ms of the bucket. */
  closeTime: number;
  /** Price of the first trade by (time, ord). */
  open: string;
  high: string;
  low: string;
  /** Price of the last trade by (time, ord). */
  close: string;
  /** Base currency. */
  volume: string;
  /** Σ price × amount. */
  quoteVolume: string;
  takerBuyVolume: string;
  takerBuyQuoteVolume: string;
  /** Raw trades. */
  trades: number;
  /** Raw ids; null on markets whose ids are not dense. */
  firstTradeId: string | null;
  lastTradeId: string | null;
  closed: boolean;
  /**
   * Rises with every change, completeness included. Ignore an update whose version is not above
   * yours.
   */
  version: number;
  /** Changes after closing: 0 when first closed. */
  revision: number;
  /**
   * False: a trade is missing in it or at its edge. Null: cannot be known (oldest edge of what is
   * held, ids that are not dense).
   */
  complete: boolean | null;
}

/**
 * The fields computed from trades alone, in a candle's order. Exchanges report the same for theirs.
 */
export const FIGURES = [
  "open",
  "high",
  "low",
  "close",
  "volume",
  "quoteVolume",
  "takerBuyVolume",
  "takerBuyQuoteVolume",
  "trades",
] as const satisfies readonly (keyof Candle)[];
export type Figure = (typeof FIGURES)[number];
