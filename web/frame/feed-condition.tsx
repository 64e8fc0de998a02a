import { FEED_SILENCE_MS, type FeedState } from "../../src/domain/feed-state.js";

/**
 * How a feed's condition reads and looks, the healthiest first; `none` is a market that was posted
 * or replayed.
 */
export const CONDITIONS = {
  live: { sign: "●", text: "live", tone: "up" },
  quiet: { sign: "○", text: "quiet", tone: "dim" },
  connecting: { sign: "◌", text: "connecting", tone: "warn" },
  stale: { sign: "◍", text: "stale", tone: "warn" },
  down: { sign: "✕", text: "down", tone: "down" },
  gone: { sign: "✕", text: "process gone", tone: "down" },
  stopped: { sign: "■", text: "stopped", tone: "dim" },
  none: { sign: "–", text: "no feed", tone: "dim" },
} as const satisfies Record<
  FeedState["condition"] | "gone" | "none",
  { sign: string; text: string; tone: string }
>;

export type Condition = keyof typeof CONDITIONS;

/** A feed's state counts only while its process still reports it. */
export function conditionOf(feed: FeedState | undefined, now: number): Condition {
  if (feed === undefined) return "none";
  if (feed.condition === "stopped") return "stopped";
  return now - feed.at > FEED_SILENCE_MS ? "gone" : feed.condition;
}

export function ConditionText({ of }: { of: Condition }) {
  const { sign, text, tone } = CONDITIONS[of];
  return (
    <span class={tone}>
      <span aria-hidden="true">{sign}</span> {text}
    </span>
  );
}
