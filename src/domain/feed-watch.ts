import { FEED_SILENCE_MS, type FeedState } from "./feed-state.js";
import type { TimeRange } from "./ranges.js";

/** States of feeds are timed by our clock, trades by the venue's. */
const CLOCKS_DIFFER_MS = 2_000;

/** Whether trades reach us as they happen. */
export function isFlowing({ condition }: Pick<FeedState, "condition">): boolean {
  return condition === "live" || condition === "quiet";
}

/**
 * The time between two consecutive states of a market's feed in which trades may have been missed;
 * undefined when it was followed throughout.
 */
export function unwatchedBetween(before: FeedState, after: FeedState): TimeRange | undefined {
  const isOneProcess = after.at - before.at <= FEED_SILENCE_MS;
  if (isOneProcess && isFlowing(before) && isFlowing(after)) return undefined;
  // A dead connection is noticed long after its last trade; a quiet market has been confirmed by
  // the venue.
  const from =
    isOneProcess && before.condition === "live" ? (after.lastTradeAt ?? before.at) : before.at;
  return { from: from - CLOCKS_DIFFER_MS, to: after.at + CLOCKS_DIFFER_MS };
}
