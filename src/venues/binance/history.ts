import type { Interval } from "../../domain/interval.js";
import type { Trade, TradeSource } from "../../domain/trade.js";
import { HOUR_MS } from "../../domain/units.js";
import { fieldOf, parseExact } from "../decode/exact-json.js";
import { type DecodedTrades, atLeast, endOfAll, pageOf } from "../decode/hole-pages.js";
import { type KlineColumns, klinesOf } from "../decode/kline-rows.js";
import type {
  Answer,
  DecodeContext,
  Frame,
  SymbolHole,
  Kline,
  KlineConvention,
  Klines,
  NewestTrade,
  RestRequest,
  Refused,
  RepairPath,
  TradePage,
} from "../venue.js";

/** Path prefix and weights of one of Binance's hosts. */
export interface BinanceRest {
  prefix: string;
  weights: {
    aggTrades: number;
    exchangeInfo: number;
    klines: number;
    trades: number;
  };
}

/** Decodes one element of a REST array. */
type DecodeRest = (element: unknown, symbol: string, context: DecodeContext) => Frame;

const MAX_PER_REQUEST = 1_000;
/** The futures host refuses a longer span of `startTime` to `endTime`; the spot host once did. */
const WINDOW_MS = HOUR_MS;

const KLINE_ROW: KlineColumns = {
  openTime: 0,
  unitMs: 1,
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 5,
  quoteVolume: 7,
  trades: 8,
  takerBuyVolume: 9,
  takerBuyQuoteVolume: 10,
};

const INTERVALS = "1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 1w 1M".split(" ") as Interval[];

export function binanceNewest(
  { prefix, weights }: BinanceRest,
  symbol: string,
): RestRequest<NewestTrade | null> {
  return {
    path: `${prefix}/aggTrades?symbol=${encodeURIComponent(symbol)}&limit=1`,
    weight: weights.aggTrades,
    read: (body) => {
      const answer = rowsOf(body);
      if (!answer.ok) return answer;
      const newest = answer.value.at(-1);
      if (newest === undefined) return { ok: true, value: null };
      const [l, T] = [fieldOf(newest, "l"), fieldOf(newest, "T")];
      return Number.isSafeInteger(l) && Number.isSafeInteger(T)
        ? {
            ok: true,
            value: { lastOrd: BigInt(l as number), time: T as number },
          }
        : refusal(newest);
    },
  };
}

/**
 * Aggregates name the raw ids they stand for, but can be requested only by time or by their own
 * ids. The first page is requested by the time of the trade before the hole, the others by
 * `fromId`, which loses nothing however many trades share a millisecond.
 */
export function repairByAggregates(rest: BinanceRest, decode: DecodeRest): RepairPath {
  const pageRequest = (
    hole: SymbolHole,
    source: TradeSource,
    place: { fromId: string } | { start: number },
    /** All ids of the hole below this one are reported. */
    reportedTo: bigint,
  ): RestRequest<TradePage> => {
    const query =
      "fromId" in place
        ? `fromId=${place.fromId}`
        : `startTime=${place.start}&endTime=${Math.min(hole.before, place.start + WINDOW_MS - 1)}`;
    return {
      path: `${rest.prefix}/aggTrades?symbol=${encodeURIComponent(hole.symbol)}&${query}&limit=${MAX_PER_REQUEST}`,
      weight: rest.weights.aggTrades,
      read: (body, arrival) => {
        const answer = tradesOf(body, hole.symbol, decode, { ...arrival, source });
        if (!answer.ok) return answer;
        const { trades } = answer.value;
        const end = endOfAll(trades, reportedTo);
        // An answer by time proves nothing about ids before its first: older ones may not be
        // served.
        const from =
          "start" in place && trades[0] !== undefined ? atLeast(reportedTo, trades[0]) : reportedTo;
        const newest = trades.at(-1);
        const next = (): RestRequest<TradePage> | undefined => {
          if (newest !== undefined)
            return end < hole.to
              ? pageRequest(hole, source, { fromId: idAfter(newest.id) }, end)
              : undefined;
          // An hour without a trade within a long hole.
          return "start" in place && place.start + WINDOW_MS <= hole.before
            ? pageRequest(hole, source, { start: place.start + WINDOW_MS }, reportedTo)
            : undefined;
        };
        return {
          ok: true,
          value: pageOf(hole, answer.value, { from, to: end }, next()),
        };
      },
    };
  };
  return {
    kind: "by id",
    reach: "all trades since a market began",
    isAll: true,
    paging: "forward from a time",
    begin: (hole, source) => pageRequest(hole, source, { start: hole.after }, hole.from),
  };
}

/**
 * One page of the newest raw trades: older ones need an API key, and aggregates leave out prints
 * outside the book.
 */
export function repairByNewest({ prefix, weights }: BinanceRest, decode: DecodeRest): RepairPath {
  return {
    kind: "by id",
    reach: `the newest ${MAX_PER_REQUEST} trades without a key`,
    paging: "newest only",
    begin: (hole, source) => ({
      path: `${prefix}/trades?symbol=${encodeURIComponent(hole.symbol)}&limit=${MAX_PER_REQUEST}`,
      weight: weights.trades,
      read: (body, arrival) => {
        const answer = tradesOf(body, hole.symbol, decode, { ...arrival, source });
        if (!answer.ok) return answer;
        const first = answer.value.trades[0];
        const range =
          first === undefined
            ? undefined
            : {
                from: BigInt(first.ord),
                to: endOfAll(answer.value.trades, 0n),
              };
        return {
          ok: true,
          value: pageOf(hole, answer.value, range, undefined),
        };
      },
    }),
  };
}

export function binanceKlines(
  { prefix, weights }: BinanceRest,
  convention: KlineConvention,
): Klines {
  return {
    convention,
    // Not 3d: its anchor is not the epoch.
    intervals: Object.fromEntries(INTERVALS.map((name) => [name, name])),
    maxPerRequest: MAX_PER_REQUEST,
    reach: "all candles since a market began",
    fetch: (symbol, interval, start, end): RestRequest<Kline[]> | undefined =>
      INTERVALS.includes(interval)
        ? {
            path: `${prefix}/klines?symbol=${encodeURIComponent(symbol)}&interval=${interval}&startTime=${start}&endTime=${end - 1}&limit=${MAX_PER_REQUEST}`,
            weight: weights.klines,
            read: (body) => {
              const rows = parseExact(body);
              return rows.ok ? klinesOf(rows.value, KLINE_ROW, start, end) : rows;
            },
          }
        : undefined,
  };
}

/** Ascending, in the venue's order. */
function tradesOf(
  body: string,
  symbol: string,
  decode: DecodeRest,
  context: DecodeContext,
): Answer<DecodedTrades> {
  const answer = rowsOf(body);
  if (!answer.ok) return answer;
  const trades: Trade[] = [];
  const refused: Refused[] = [];
  for (const element of answer.value) {
    const frame = decode(element, symbol, context);
    if (frame.type !== "trades") continue;
    trades.push(...frame.trades);
    refused.push(...frame.refused);
  }
  return { ok: true, value: { trades, refused } };
}

function rowsOf(body: string): Answer<unknown[]> {
  try {
    const rows = JSON.parse(body) as unknown;
    return Array.isArray(rows) ? { ok: true, value: rows as unknown[] } : refusal(rows);
  } catch (error) {
    return { ok: false, reason: "not_json", detail: (error as Error).message };
  }
}

function idAfter(id: string): string {
  return (BigInt(id) + 1n).toString();
}

function refusal(value: unknown): { ok: false } & Refused {
  const detail = JSON.stringify(value)?.slice(0, 200) ?? "nothing";
  return { ok: false, reason: "not_an_answer", detail };
}
