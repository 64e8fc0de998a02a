import { FEED_SILENCE_MS, type FeedState } from "./feed-state.js";
import type { TimeRange } from "./ranges.js";

/** States of feeds are timed by our clock, trades by the venue's: what the skew leaves. */
const CLOCKS_DIFFER_MS = 2_000;

/** Whether trades reach us as they happen. */
export function isFlowing({ condition }: Pick<FeedState, "condition">): boolean {
  return condition === "live" || condition === "quiet";
}

/** Whether a process follows the market at `now` (epoch ms), and its trades would arrive. */
export function isFollowed(state: FeedState | undefined, now: number): boolean {
  return state !== undefined && now - state.at <= FEED_SILENCE_MS && isFlowing(state);
}

/**
 * The exchange time between two consecutive states of a market's feed in which trades may have been
 * missed; undefined when it was followed throughout.
 */
export function unwatchedBetween(before: FeedState, after: FeedState): TimeRange | undefined {
  const skewBefore = before.clock?.skewMs ?? after.clock?.skewMs ?? 0;
  const skewAfter = after.clock?.skewMs ?? skewBefore;
  const [begin, end] = [before.at + skewBefore, after.at + skewAfter];
  const isOneProcess = end - begin <= FEED_SILENCE_MS;
  if (isOneProcess && isFlowing(before) && isFlowing(after)) return undefined;
  // A dead connection is noticed long after its last trade; a quiet market has been confirmed by
  // the venue.
  const { lastTradeAt } = after;
  const wasLive = isOneProcess && before.condition === "live";
  const from = wasLive && lastTradeAt !== null ? lastTradeAt + skewAfter : begin;
  return { from: from - CLOCKS_DIFFER_MS, to: end + CLOCKS_DIFFER_MS };
}
