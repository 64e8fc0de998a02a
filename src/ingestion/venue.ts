import type { Trade, TradeSource } from "../domain/trade.js";

/** What one frame of a venue means to us. */
export type Frame =
  | { type: "trades"; trades: Trade[]; refused: readonly Refused[] }
  /** What the venue says to message `id` of ours; `problem` is its text unless it agreed. */
  | { type: "answer"; id: number; problem: string | undefined }
  /** Streams that we do not read. */
  | { type: "other" }
  /** The venue says that it will close the connection soon. */
  | { type: "shutdown" }
  | { type: "unreadable"; reason: string; detail: string };

/** A trade that was not taken. */
export interface Refused {
  reason: string;
  detail: string;
}

/** A venue's newest trade of a symbol, as its REST tells it. */
export interface NewestTrade {
  /** Same kind of number as `Trade.ord + count − 1`. */
  lastOrd: bigint;
  /** Exchange time, epoch ms. */
  time: number;
}

/**
 * Everything that is particular to a venue, as data and pure functions. A new venue is one file and one entry in
 * `venues.ts`; nothing else knows it.
 */
export interface Venue {
  name: string;
  /** How it spells symbols; `rule` completes "a symbol must be …". */
  symbols: { pattern: RegExp; rule: string };
  /** Default base URLs; `<VENUE>_WS_URL` and `<VENUE>_REST_URL` replace them. */
  wsUrl: string;
  restUrl: string;
  limits: {
    streamsPerConnection: number;
    controlMessagesPerSecond: number;
    /** The venue ends a connection after this time. */
    connectionLifeMs: number;
  };
  /** Where to connect for the trades of these symbols. */
  url(base: string, symbols: readonly string[]): string;
  /** Messages that end and begin one symbol's stream again; `id` tells their answers apart. */
  resubscribe(symbol: string, id: number): string[];
  /** Never throws. `latest` is the newest exchange time (epoch ms) that a trade may have. */
  decode(text: string, context: DecodeContext): Frame;
  /** One element of the venue's REST trades, which do not name their symbol. Never throws. */
  decodeRest(element: unknown, symbol: string, context: DecodeContext): Frame;
  /** Path and query under the REST base that give a symbol's newest trade, and how to read the answer. */
  newestTrade(symbol: string): {
    path: string;
    read(body: unknown): NewestTrade | undefined;
  };
}

export interface DecodeContext {
  /** Our clock, epoch ms. */
  receivedAt: number;
  source: TradeSource;
  /** Newest exchange time that can be true, epoch ms; the frame's own event time bounds it too. */
  latest?: number;
}
