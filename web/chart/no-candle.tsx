import type { Market } from "../../src/domain/market.js";
import { now } from "../frame/now.js";
import { serverNow } from "../live/server-clock.js";
import { statusWatch } from "../live/session.js";
import { ConditionText, conditionOf } from "../frame/feed-condition.js";

/** Note for a market without a trade: the state of its feed. */
export function NoCandle({ market }: { market: Market }) {
  void now.value;
  const feed = statusWatch.status.value?.feeds.find((it) => it.market === market);
  const detail = feed?.detail ?? null;
  return (
    <>
      No candle yet: the first trade draws it. Feed:{" "}
      <ConditionText of={conditionOf(feed, serverNow())} />
      {detail === null ? "" : ` (${detail})`}
    </>
  );
}
