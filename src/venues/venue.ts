import type { Hole } from "../domain/coverage.js";
import type { Instrument } from "../domain/instrument.js";
import type { Interval } from "../domain/interval.js";
import type { IdKind } from "../domain/market.js";
import type { IdRange } from "../domain/ranges.js";
import type { Trade, TradeKind, TradeSource } from "../domain/trade.js";

/** What one frame of a venue means to us. */
export type Frame =
  | {
      type: "trades";
      trades: Trade[];
      refused: readonly Refused[];
      /** What was traded before we subscribed: worth storing, but no sign that the symbol is alive. */
      isPast?: boolean;
    }
  /**
   * What the venue says to a message of ours, named by its id or by the symbols it was about; `problem` is its text
   * unless it agreed.
   */
  | {
      type: "answer";
      to: number | readonly string[];
      problem: string | undefined;
    }
  /** A heartbeat that tells a symbol's newest trade: we miss one if we do not hold it. */
  | { type: "newest"; symbol: string; newest: NewestTrade }
  /** Streams that we do not read, and answers to keep-alives. */
  | { type: "other" }
  /** The venue says that it will close the connection soon. */
  | { type: "shutdown" }
  | { type: "unreadable"; reason: string; detail: string };

/** What was not taken, and why. */
export interface Refused {
  reason: string;
  detail: string;
}

/** What a body said, or why it could not be read. */
export type Answer<T> = { ok: true; value: T } | ({ ok: false } & Refused);

/** Something to ask a venue's REST for. */
export interface RestRequest<T> {
  /** Path and query under the REST base URL. */
  path: string;
  /** What it costs of `rest.budget`. */
  weight: number;
  /** Reads the body of a successful answer that came at `receivedAt` (epoch ms). Never throws. */
  read(body: string, receivedAt: number): Answer<T>;
}

/** A venue's newest trade of a symbol. */
export interface NewestTrade {
  /** Same kind of number as `Trade.ord + count − 1`. */
  lastOrd: bigint;
  /** Exchange time, epoch ms; of a heartbeat, when it was sent. */
  time: number;
}

/** Ids of one symbol that are missing between two trades we hold. */
export interface SymbolHole extends Hole {
  symbol: string;
}

/** One page of a hole's trades, in ascending order. */
export interface TradePage {
  /** Those that reach into the hole. */
  trades: Trade[];
  refused: readonly Refused[];
  /** Ids of the hole that the venue has now told all about: one without a trade is one it has none for. */
  told: IdRange | undefined;
  /** Undefined when all is told, or the venue tells no more. */
  next: RestRequest<TradePage> | undefined;
}

/** How the trades of a known hole are fetched. */
export type RepairPath =
  | { kind: "none"; reason: string }
  | {
      kind: "by id";
      /** How far back the venue serves trades, completing "it serves …". */
      reach: string;
      /**
       * Where the first page is: with the trade before the hole (found by `after`) and on from there, with the trade
       * behind it (found by `to`) and back from there, or among the newest trades, which are all there are.
       */
      goes: "onwards from a time" | "backwards from an id" | "nowhere else";
      begin(hole: SymbolHole, source: TradeSource): RestRequest<TradePage>;
    };

/** Trades of one kind as files, each a zip of one CSV. */
export interface BulkFiles {
  /** Names of all columns, in order. A file may begin with them, or not. */
  columns: readonly string[];
  /** Path under the base URL of a day's (`2024-01-05`) or a month's (`2024-01`) zip; `.CHECKSUM` behind it is its SHA-256. */
  path(symbol: string, period: string): string;
  /** The trade of a line's fields, one for each column; null for a line that stands for none. Never throws. */
  decode(
    fields: readonly string[],
    symbol: string,
    receivedAt: number,
  ): Trade | Refused | null;
}

/** Where a venue gives away its history by the file. */
export interface Bulk {
  /** Default base URL; `<VENUE>_BULK_URL` replaces it. */
  url: string;
  /** What its stream sends, and a market without a trade gets. */
  usual: TradeKind;
  files: Partial<Record<TradeKind, BulkFiles>>;
}

/** A venue's own candle as canonical decimal text; null where the venue does not tell. */
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

/** How a venue makes its candles; `unknown` where neither a recording nor its documents say. */
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
  /** Candles of one answer. */
  maxPerRequest: number;
  /** Where the venue tells only so many candles of an interval, the newest. */
  newest?: number;
  /** How far back, completing "it serves …". */
  reach: string;
  /**
   * Candles that open in `start … end` (epoch ms, end exclusive; at most `most` of them), ascending; the newest may still
   * be open. Undefined for an interval that the venue does not offer.
   */
  fetch(
    symbol: string,
    interval: Interval,
    start: number,
    end: number,
  ): RestRequest<Kline[]> | undefined;
}

/** How a venue is asked for what is traded on its markets, and in which steps. */
export interface Instruments {
  /** Symbols of one request; Infinity where one answer holds all of the venue's, whichever are wanted. */
  maximum: number;
  /**
   * What the venue says of these symbols, of which there is at least one. A symbol that it does not know is left out, or the
   * whole request is refused for it.
   */
  fetch(symbols: readonly string[]): RestRequest<Instrument[]>;
}

/**
 * - `dense`: whole numbers that count up by one over the trades of a symbol, so that holes are missing trades
 * - `increasing`: whole numbers that rise with holes, such as one count for all symbols
 * - `none`: unique text without an order
 *
 * Dense only with proof: a venue's document, or recorded trades whose ids and candles leave no doubt.
 */
export type VenueIds = "dense" | "increasing" | "none";

export function idKindOf(ids: VenueIds): IdKind {
  return ids === "dense" ? "dense" : "sparse";
}

/**
 * Everything that is particular to a venue, as data and pure functions. A new venue is one folder and one entry in
 * `venues.ts`; nothing else knows it. `docs/adding-a-venue.md` has the evidence that each claim needs.
 */
export interface Venue {
  name: string;
  /** How it spells symbols; `rule` completes "a symbol must be …". */
  symbols: { pattern: RegExp; rule: string };
  ids: VenueIds;
  /** Whose side its trades tell: decoders turn the maker's around. */
  reportsSideOf: "taker" | "maker";
  /** Default base URLs; `<VENUE>_WS_URL` and `<VENUE>_REST_URL` replace them. */
  wsUrl: string;
  restUrl: string;
  limits: {
    /** New ones, of one address. */
    connectionsPerMinute: number;
    streamsPerConnection: number;
    controlMessagesPerSecond: number;
    /** The venue ends a connection after this time. */
    connectionLifeMs: number;
  };
  /** Sent every so often, where the venue ends a connection that is only pinged; its answer is an `other` frame. */
  keepAlive?: { everyMs: number; message: string };
  /** Where to connect for the trades of these symbols. */
  url(base: string, symbols: readonly string[]): string;
  /** Messages that follow the opening; none where the URL says it all. Message n has the id `id + n`, if it has one. */
  subscribe(symbols: readonly string[], id: number): string[];
  /** Messages that end and begin one symbol's stream again, with ids as in `subscribe`. */
  resubscribe(symbol: string, id: number): string[];
  /** Never throws. */
  decode(text: string, context: DecodeContext): Frame;
  /** One element of the venue's REST trades, which need not name their symbol. Never throws. */
  decodeRest(element: unknown, symbol: string, context: DecodeContext): Frame;
  rest: {
    /** Questions to its host, whoever asks, may weigh this much in this time. */
    budget: { weight: number; perMs: number };
    /** Header of its answers that tells the weight used so far. */
    usedWeightHeader?: string;
  };
  /** Null: the venue knows of none in the time that it looks back. */
  newestTrade(symbol: string): RestRequest<NewestTrade | null>;
  repair: RepairPath;
  klines: Klines;
  /** Left out where it cannot be asked for them. */
  instruments?: Instruments;
  /** Left out where it has none. */
  bulk?: Bulk;
}

export interface DecodeContext {
  /** Our clock, epoch ms. */
  receivedAt: number;
  source: TradeSource;
  /** Newest exchange time that can be true, epoch ms; the frame's own event time bounds it too. */
  latest?: number;
}
