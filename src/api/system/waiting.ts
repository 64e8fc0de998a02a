import type { Config } from "../../config/config.js";
import { FEED_SILENCE_MS, type FeedState } from "../../domain/feed-state.js";
import { type Market, parseMarket } from "../../domain/market.js";
import { isFlowing } from "../../domain/feed-watch.js";

/**
 * Part (0–1) of the simulated venue's history that is generated; null when none is being generated.
 */
export function historyDone(feeds: readonly FeedState[], now: number): number | null {
  // The table may hold states of older versions without the field.
  const parts = followed(feeds, now).flatMap(({ history }) => history ?? []);
  return parts.length === 0 ? null : Math.min(...parts);
}

/** Text for the empty page; null when there are data and no history is being generated. */
export function waitingFor(
  config: Pick<Config, "feeds" | "feedsExplicit">,
  feeds: readonly FeedState[],
  hasTrades: boolean,
  now: number,
): string | null {
  const done = historyDone(feeds, now);
  if (done !== null)
    return `Generating history of the simulated venue, ${Math.floor(done * 100)} %.`;
  if (hasTrades) return null;
  const here = followed(feeds, now);
  const away = here.find(({ condition }) => condition === "down");
  if (away !== undefined) {
    const why = away.detail === null ? "" : ` (${away.detail})`;
    const next = config.feedsExplicit
      ? "Tapeline keeps retrying."
      : "Tapeline keeps retrying; if no exchange answers, the simulated venue starts.";
    return `${venuesOf([away.market])} cannot be reached${why}. ${next}`;
  }
  const connected = here.filter(isFlowing);
  if (connected.length > 0)
    return `Connected to ${venuesOf(connected.map(({ market }) => market))}; waiting for the first trade.`;
  const wanted = here.length > 0 ? here.map(({ market }) => market) : config.feeds;
  return wanted.length > 0
    ? `Connecting to ${venuesOf(wanted)}.`
    : "No market is followed, since FEEDS is empty, and there is no trade yet. Replay a recording, or post trades.";
}

function followed(feeds: readonly FeedState[], now: number): FeedState[] {
  return feeds.filter(
    ({ condition, at }) => condition !== "stopped" && now - at <= FEED_SILENCE_MS,
  );
}

function venuesOf(markets: readonly Market[]): string {
  const venues = markets.map((market) => parseMarket(market)?.venue ?? market);
  return [...new Set(venues)].join(", ");
}
