import type { Interval } from "./interval.js";
import type { Market } from "./market.js";

/**
 * A candle as everybody sees it: REST, Socket.IO and topic `candles` have this shape.
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
  /** Rises with every change, completeness included. Ignore one that is not above the version you have. */
  version: number;
  /** Changes after closing: 0 when first closed. */
  revision: number;
  /** False: a trade is missing at or in it. Null: cannot be known (oldest edge of what is held, ids that are not dense). */
  complete: boolean | null;
}

/** What trades alone make of a candle, in its order of fields: what exchanges tell of theirs, too. */
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
