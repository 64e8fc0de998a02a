import type { Hole } from "../domain/coverage.js";
import type { Instrument } from "../domain/instrument.js";
import type { Interval } from "../domain/interval.js";
import type { IdKind, Market } from "../domain/market.js";
import type { IdRange } from "../domain/ranges.js";
import type { Trade, TradeKind, TradeSource } from "../domain/trade.js";

/** One decoded WebSocket message of a venue. */
export type Frame =
  | {
      type: "trades";
      trades: Trade[];
      refused: readonly Refused[];
      /** When the venue sent the message, epoch ms; left out where it does not say so. */
      sentAt?: number;
      /** Traded before we subscribed: stored, but no proof that the subscription works. */
      isPast?: boolean;
    }
  /**
   * The venue's answer to a message of ours, identified by the message's id or by its symbols;
   * `problem` is the text of a refusal, undefined when it agreed.
   */
  | {
      type: "answer";
      to: number | readonly string[];
      problem: string | undefined;
    }
  /** A heartbeat with a symbol's newest trade: if we do not hold it, we miss one. */
  | { type: "newest"; symbol: string; newest: NewestTrade }
  /** Messages that we do not use, such as answers to keep-alives. */
  | { type: "other" }
  /** The venue will close the connection soon. */
  | { type: "shutdown" }
  | { type: "unreadable"; reason: string; detail: string };

/** Why a trade or a message was not accepted: a stable code and a text. */
export interface Refused {
  reason: string;
  detail: string;
  /** Left out where it is not known. */
  market?: Market;
  /** As of a `Fault`. */
  isAhead?: true;
}

/** The decoded body, or why it could not be decoded. */
export type Answer<T> = { ok: true; value: T } | ({ ok: false } & Refused);

/** When a message or an answer came, and what times it may hold. */
export interface Arrival {
  /** By our clock, epoch ms. */
  receivedAt: number;
  /**
   * Newest plausible exchange time, epoch ms, by the venue's clock. Left out where there is none
   * (a recording): then a minute after `receivedAt`.
   */
  latest?: number;
}

/** A GET request to a venue's REST. */
export interface RestRequest<T> {
  /** Path and query under the REST base URL. */
  path: string;
  /** Weight in `rest.budget`. */
  weight: number;
  /** Decodes the body of a successful answer. Never throws. */
  read(body: string, arrival: Arrival): Answer<T>;
}

/** A venue's newest trade of a symbol. */
export interface NewestTrade {
  /** Same kind of number as `Trade.ord + count − 1`. */
  lastOrd: bigint;
  /** Exchange time, epoch ms; in a heartbeat, when that was sent. */
  time: number;
}

/** Ids of one symbol that are missing between two trades we hold. */
export interface SymbolHole extends Hole {
  symbol: string;
}

/** One page of a hole's trades, in ascending order. */
export interface TradePage {
  /** Those that overlap the hole. */
  trades: Trade[];
  refused: readonly Refused[];
  /**
   * Ids of the hole that this page covers completely: the venue has no trade for an id that is not
   * in `trades`.
   */
  reported: IdRange | undefined;
  /** Undefined when the hole is covered, or the venue serves no more. */
  next: RestRequest<TradePage> | undefined;
}

/** How the trades of a known hole are fetched. */
export type RepairPath =
  | { kind: "none"; reason: string }
  | {
      kind: "by id";
      /** How far back the venue serves trades, completing "it serves …". */
      reach: string;
      /** All trades since a market began. */
      isAll?: true;
      /**
       * The first page begins at the trade before the hole (found by its time `after`), ends at the
       * trade after it (found by its id `to`), or holds the newest trades, and there are no other
       * pages.
       */
      paging: "forward from a time" | "backward from an id" | "newest only";
      begin(hole: SymbolHole, source: TradeSource): RestRequest<TradePage>;
    };

/** Trades of one kind as files, each a zip of one CSV. */
export interface BulkFiles {
  /** Names of all columns, in order. A file may have them as its first line. */
  columns: readonly string[];
  /**
   * Path under the base URL of a day's (`2024-01-05`) or a month's (`2024-01`) zip. The same path
   * with `.CHECKSUM` appended holds its SHA-256.
   */
  path(symbol: string, period: string): string;
  /**
   * The trade of a line's fields, one for each column; null for a line without a trade. Never
   * throws.
   */
  decode(fields: readonly string[], symbol: string, receivedAt: number): Trade | Refused | null;
}

/** A venue's history as files. */
export interface Bulk {
  /** Default base URL; `<VENUE>_BULK_URL` replaces it. */
  url: string;
  /** The kind that its stream sends: used for a market without a stored trade. */
  defaultKind: TradeKind;
  files: Partial<Record<TradeKind, BulkFiles>>;
}

/** A venue's own candle as canonical decimal text; null where the venue does not report it. */
export interface Kline {
  /** Epoch ms. */
  openTime: number;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
  quoteVolume: string | null;
  trades: number | null;
  takerBuyVolume: string | null;
  takerBuyQuoteVolume: string | null;
}

/**
 * How a venue builds its candles; `unknown` where neither a recording nor its documents prove it.
 */
export interface KlineConvention {
  /** With `previous close`, high and low include it. */
  open: "first trade" | "previous close" | "unknown";
  /** Intervals without a trade: no candle, or one at the previous close with volume 0. */
  empty: "absent" | "flat" | "unknown";
  /** Trades of the stream that are in no candle; null where none are known. */
  leavesOut: string | null;
}

export interface Klines {
  convention: KlineConvention;
  /** The venue's name of each interval that it offers, with the same anchor as ours. */
  intervals: Partial<Record<Interval, string>>;
  /** Candles. */
  maxPerRequest: number;
  /** Where the venue serves only this number of the newest candles of an interval. */
  newest?: number;
  /** How far back, completing "it serves …". */
  reach: string;
  /**
   * Candles that open in `start … end` (epoch ms, end exclusive; at most `maxPerRequest`),
   * ascending; the newest may still be open. Undefined for an interval that the venue does not
   * offer.
   */
  fetch(
    symbol: string,
    interval: Interval,
    start: number,
    end: number,
  ): RestRequest<Kline[]> | undefined;
}

/** Requests for a venue's instruments: assets, price and amount steps, status. */
export interface Instruments {
  /** Symbols; Infinity where one answer always holds all of the venue's. */
  maxPerRequest: number;
  /**
   * The instruments of these symbols (at least one). A symbol that the venue does not know is left
   * out of the answer, or makes the venue refuse the whole request.
   */
  fetch(symbols: readonly string[]): RestRequest<Instrument[]>;
}

/**
 * - `dense`: whole numbers that count up by one over the trades of a symbol, so that holes are
 *   missing trades
 * - `increasing`: whole numbers that increase with holes, such as one sequence for all symbols
 * - `none`: unique text without an order
 *
 * Dense only with proof: a venue's document, or recorded trades whose ids and candles leave no
 * doubt.
 */
export type VenueIds = "dense" | "increasing" | "none";

export function idKindOf(ids: VenueIds): IdKind {
  return ids === "dense" ? "dense" : "sparse";
}

/**
 * Everything specific to a venue, as data and pure functions. A new venue is one folder and one
 * entry in `venues.ts`; no other code names it. `docs/adding-a-venue.md` lists the evidence that
 * each claim needs.
 */
export interface Venue {
  name: string;
  /** How it spells symbols; `rule` completes "a symbol must be …". */
  symbols: { pattern: RegExp; rule: string };
  ids: VenueIds;
  /** Whose side its trades report: decoders convert the maker's to the taker's. */
  reportsSideOf: "taker" | "maker";
  /** An amount below its precision is reported as 0; elsewhere a trade of nothing is a wrong row. */
  roundsAmounts?: true;
  /** Default base URLs; `<VENUE>_WS_URL` and `<VENUE>_REST_URL` replace them. */
  wsUrl: string;
  restUrl: string;
  limits: {
    /** New connections from one address. */
    connectionsPerMinute: number;
    streamsPerConnection: number;
    controlMessagesPerSecond: number;
    /** The venue ends a connection after this time. */
    connectionLifeMs: number;
  };
  /**
   * Sent periodically where protocol pings do not keep a connection open; its answer is an `other`
   * frame.
   */
  keepAlive?: { everyMs: number; message: string };
  /** The URL for the trades of these symbols. */
  url(base: string, symbols: readonly string[]): string;
  /**
   * Messages sent after opening; none where the URL names the symbols. Message n has the id `id +
   * n`, if it has one.
   */
  subscribe(symbols: readonly string[], id: number): string[];
  /** Messages that end and restart one symbol's stream, with ids as in `subscribe`. */
  resubscribe(symbol: string, id: number): string[];
  /** Never throws. */
  decode(text: string, context: DecodeContext): Frame;
  /** One element of the venue's REST trades, which need not name their symbol. Never throws. */
  decodeRest(element: unknown, symbol: string, context: DecodeContext): Frame;
  rest: {
    /** The weight of all requests to its host in this time. */
    budget: { weight: number; perMs: number };
    /** Header of its answers with the weight used so far. */
    usedWeightHeader?: string;
  };
  /** Null: the venue has none within the time that it searches. */
  newestTrade(symbol: string): RestRequest<NewestTrade | null>;
  repair: RepairPath;
  klines: Klines;
  /** Left out where its REST has none. */
  instruments?: Instruments;
  /** Left out where it has no files. */
  bulk?: Bulk;
}

/** The sending time of a message, where it has one, bounds its trades, too. */
export interface DecodeContext extends Arrival {
  source: TradeSource;
}
