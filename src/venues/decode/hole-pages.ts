import type { Trade } from "../../domain/trade.js";
import type { Answer, Hole, Question, Refused, TradePage } from "../venue.js";

/** Trades that one body told, in any order. */
export interface Told {
  trades: Trade[];
  refused: readonly Refused[];
}

/** Trades that reach into the hole, ascending; what is told of it is unknown where one could not be taken. */
export function pageOf(
  hole: Hole,
  { trades, refused }: Told,
  range: { from: bigint; to: bigint } | undefined,
  next: Question<TradePage> | undefined,
): TradePage {
  const from = bigger(range?.from ?? hole.to, hole.from);
  const to = smaller(range?.to ?? hole.from, hole.to);
  return {
    trades: trades
      .filter((trade) => ordOf(trade) < hole.to && endOf(trade) > hole.from)
      .sort((a, b) => (ordOf(a) < ordOf(b) ? -1 : 1)),
    refused,
    told: refused.length === 0 && from < to ? { from, to } : undefined,
    next,
  };
}

/** How a venue gives the trades before an id, newest first. */
export interface Downwards {
  /** Trades a page. */
  most: number;
  weight: number;
  /** Trades with ids below `before`. */
  path(before: bigint, limit: number): string;
  read(body: string, receivedAt: number): Answer<Told>;
}

/** From the hole's end to its beginning, until the venue has told of its first id or has nothing older. */
export function pagesDownwards(
  hole: Hole,
  way: Downwards,
  before = hole.to,
): Question<TradePage> {
  const wanted = smaller(before - hole.from, BigInt(way.most));
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
  return trades.reduce((most, trade) => bigger(most, endOf(trade)), least);
}

/** The trade's first id, unless that is below. */
export function atLeast(least: bigint, trade: Trade): bigint {
  return bigger(least, ordOf(trade));
}

/** An id behind the trade. */
function endOf({ ord, count }: Trade): bigint {
  return BigInt(ord) + BigInt(count);
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
