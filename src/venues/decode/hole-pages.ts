import { type IdRange, intersect, overlaps } from "../../domain/ranges.js";
import type { Trade } from "../../domain/trade.js";
import type {
  Answer,
  SymbolHole,
  RestRequest,
  Refused,
  TradePage,
} from "../venue.js";

/** Trades that one body told, in any order. */
export interface Told {
  trades: Trade[];
  refused: readonly Refused[];
}

/** Trades that reach into the hole, ascending; what is told of it is unknown where one could not be taken. */
export function pageOf(
  hole: SymbolHole,
  { trades, refused }: Told,
  range: IdRange | undefined,
  next: RestRequest<TradePage> | undefined,
): TradePage {
  return {
    trades: trades
      .filter((trade) => overlaps(idsOf(trade), hole))
      .sort((a, b) => (ordOf(a) < ordOf(b) ? -1 : 1)),
    refused,
    told:
      range === undefined || refused.length > 0
        ? undefined
        : intersect(range, hole),
    next,
  };
}

/** How a venue gives the trades before an id, newest first. */
export interface Downwards {
  /** Trades a page. */
  maxPerRequest: number;
  weight: number;
  /** Trades with ids below `before`. */
  path(before: bigint, limit: number): string;
  read(body: string, receivedAt: number): Answer<Told>;
}

/** From the hole's end to its beginning, until the venue has told of its first id or has nothing older. */
export function pagesDownwards(
  hole: SymbolHole,
  way: Downwards,
  before = hole.to,
): RestRequest<TradePage> {
  const wanted = smaller(before - hole.from, BigInt(way.maxPerRequest));
  return {
    path: way.path(before, Number(wanted)),
    weight: way.weight,
    read: (body, receivedAt) => {
      const answer = way.read(body, receivedAt);
      if (!answer.ok) return answer;
      const oldest = answer.value.trades.reduce(
        (least, trade) => smaller(least, ordOf(trade)),
        before,
      );
      // Nothing older than the cursor: that is all the venue serves.
      const range = oldest < before ? { from: oldest, to: before } : undefined;
      const next =
        range !== undefined && oldest > hole.from
          ? pagesDownwards(hole, way, oldest)
          : undefined;
      return { ok: true, value: pageOf(hole, answer.value, range, next) };
    },
  };
}

/** The first id behind all of these trades. */
export function endOfAll(trades: readonly Trade[], least: bigint): bigint {
  return trades.reduce((most, trade) => bigger(most, idsOf(trade).to), least);
}

/** The trade's first id, unless that is below. */
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
