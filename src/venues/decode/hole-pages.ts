import { type IdRange, intersect, overlaps } from "../../domain/ranges.js";
import type { Trade } from "../../domain/trade.js";
import type { Answer, Arrival, SymbolHole, RestRequest, Refused, TradePage } from "../venue.js";

/** Trades of one response body, in any order. */
export interface DecodedTrades {
  trades: Trade[];
  refused: readonly Refused[];
}

/**
 * The page's trades that overlap the hole, ascending.
 *
 * @param range ids that the answer covers completely; ignored when a trade was refused, whose ids
 *   are then unknown
 */
export function pageOf(
  hole: SymbolHole,
  { trades, refused }: DecodedTrades,
  range: IdRange | undefined,
  next: RestRequest<TradePage> | undefined,
): TradePage {
  return {
    trades: trades
      .filter((trade) => overlaps(idsOf(trade), hole))
      .sort((a, b) => (ordOf(a) < ordOf(b) ? -1 : 1)),
    refused,
    reported: range === undefined || refused.length > 0 ? undefined : intersect(range, hole),
    next,
  };
}

/** A venue's request for the trades before an id, newest first. */
export interface BackwardRequest {
  /** Trades. */
  maxPerRequest: number;
  weight: number;
  /** Trades with ids below `before`. */
  path(before: bigint, limit: number): string;
  read(body: string, arrival: Arrival): Answer<DecodedTrades>;
}

/** Pages from the hole's end back to its first id, or until the venue has nothing older. */
export function pagesBackwards(
  hole: SymbolHole,
  venue: BackwardRequest,
  before = hole.to,
): RestRequest<TradePage> {
  const wanted = smaller(before - hole.from, BigInt(venue.maxPerRequest));
  return {
    path: venue.path(before, Number(wanted)),
    weight: venue.weight,
    read: (body, arrival) => {
      const answer = venue.read(body, arrival);
      if (!answer.ok) return answer;
      const oldest = answer.value.trades.reduce(
        (lowest, trade) => smaller(lowest, ordOf(trade)),
        before,
      );
      // Nothing older than the cursor: the venue serves no more.
      const range = oldest < before ? { from: oldest, to: before } : undefined;
      const next =
        range !== undefined && oldest > hole.from ? pagesBackwards(hole, venue, oldest) : undefined;
      return { ok: true, value: pageOf(hole, answer.value, range, next) };
    },
  };
}

/** The id after all of these trades, or `least` if that is higher. */
export function endOfAll(trades: readonly Trade[], least: bigint): bigint {
  return trades.reduce((end, trade) => bigger(end, idsOf(trade).to), least);
}

/** The trade's first id, or `least` if that is higher. */
export function atLeast(least: bigint, trade: Trade): bigint {
  return bigger(least, ordOf(trade));
}

function idsOf({ ord, count }: Trade): IdRange {
  const from = BigInt(ord);
  return { from, to: from + BigInt(count) };
}

function ordOf({ ord }: Trade): bigint {
  return BigInt(ord);
}

function bigger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
