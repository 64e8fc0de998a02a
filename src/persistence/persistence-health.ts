import type { DataSource } from "typeorm";
import { FEED_SILENCE_MS, type FeedState } from "../domain/feed-state.js";
import { isFollowed } from "../domain/feed-watch.js";
import type { HealthCheck } from "../health/health-checks.js";
import type { Database } from "./schema/database.js";
import type { FeedStateStore } from "./stores/feed-state-store.js";

const MAX_NAMED = 50;

export function databaseCheck(source: DataSource, { kind }: Pick<Database, "kind">): HealthCheck {
  return {
    name: "database",
    layer: "database",
    check: async () => {
      await source.query("SELECT 1");
      return { state: "up", kind };
    },
  };
}

/**
 * Degraded while a feed is not live: stored data are still served, so the process stays healthy.
 */
export function feedsCheck(feeds: FeedStateStore): HealthCheck {
  return {
    name: "feeds",
    layer: "outside",
    check: async () => {
      const now = Date.now();
      const followed = (await feeds.all()).filter(({ condition }) => condition !== "stopped");
      const markets = followed.length;
      const troubled = followed.filter((state) => !isFresh(state, now));
      if (troubled.length === 0) return { state: "up", markets };
      const troubles = Object.fromEntries(
        troubled.slice(0, MAX_NAMED).map((state) => [state.market, trouble(state, now)]),
      );
      return { state: "degraded", markets, troubles };
    },
  };
}

function isFresh(state: FeedState, now: number): boolean {
  return isFollowed(state, now);
}

function trouble({ condition, detail, at }: FeedState, now: number): string {
  const silence = now - at;
  if (silence > FEED_SILENCE_MS)
    return `its process has been silent for ${Math.round(silence / 1_000)} s`;
  return detail === null ? condition : `${condition}: ${detail}`;
}
