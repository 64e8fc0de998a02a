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

/** Whether the 24 h up to the newest trade hold every trade. */
const COMPLETENESS = {
  true: {
    sign: "✓",
    text: "complete",
    then: "was complete",
    tone: "up",
    why: "No trade of the 24 h up to the newest one is missing: the ids prove it",
  },
  false: {
    sign: "✕",
    text: "gaps",
    then: "had gaps",
    tone: "down",
    why: "Of the 24 h up to the newest one, trades are missing (the ids show gaps), or for some time no process followed a market whose ids cannot show them",
  },
  null: {
    sign: "?",
    text: "unknown",
    then: "unknown",
    tone: "dim",
    why: "It cannot be known: the record begins within the 24 h, or the market's ids do not count its trades",
  },
} as const;

export function completenessOf({ complete, stale }: Pick<Ticker, "complete" | "stale">) {
  const { then, text, ...look } = COMPLETENESS[`${complete}`];
  return { ...look, text: stale ? then : text };
}
