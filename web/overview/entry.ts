import type { FeedState } from "../../src/domain/feed-state.js";
import { type Market, splitMarket } from "../../src/domain/market.js";
import type { Ticker } from "../../src/live/ticker.js";
import { type Condition, conditionOf } from "../frame/feed-condition.js";

/** One row of the overview; a market with a feed may not have a trade yet. */
export interface Entry {
  market: Market;
  venue: string;
  symbol: string;
  ticker: Ticker | undefined;
  feed: FeedState | undefined;
  condition: Condition;
}

export function entryOf(
  market: Market,
  ticker: Ticker | undefined,
  feed: FeedState | undefined,
  now: number,
): Entry {
  const { venue, symbol } = splitMarket(market);
  const condition = conditionOf(feed, now);
  return { market, venue, symbol, ticker, feed, condition };
}

/** Whether the 24 h hold every trade. */
const COMPLETENESS = {
  true: {
    sign: "✓",
    text: "complete",
    tone: "up",
    why: "No trade of the last 24 h is missing: the ids prove it",
  },
  false: {
    sign: "✕",
    text: "gaps",
    tone: "down",
    why: "Of the last 24 h, trades are missing (the ids show gaps), or for some time no process followed a market whose ids cannot show them",
  },
  null: {
    sign: "?",
    text: "unknown",
    tone: "dim",
    why: "It cannot be known: the record begins within the 24 h, or the market's ids do not count its trades",
  },
} as const;

export function completenessOf({ complete }: Pick<Ticker, "complete">) {
  return COMPLETENESS[`${complete}`];
}
