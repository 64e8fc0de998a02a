import type { Ticker } from "../../src/live/ticker.js";
import { serverNow } from "../live/server-clock.js";
import { now } from "./now.js";
import { durationText, timeText } from "./time-text.js";
import { zone } from "./time-zone.js";

type Window = Pick<Ticker, "closeTime" | "stale">;

/** "842 d": how long ago a market's newest minute ended. */
export function ageText({ closeTime }: Window): string {
  return durationText(serverNow() - closeTime);
}

/** "2024-08-09, 00:02": when it ended. */
export function endText({ closeTime }: Window): string {
  return timeText(closeTime + 1, zone.value, "dayMinute");
}

/** Says of figures of an earlier time how old they are; nothing of current ones. */
export function Age({ of }: { of: Window | undefined }) {
  if (of === undefined || !of.stale) return null;
  void now.value;
  return (
    <span
      class="warn age"
      title={`Nobody follows the market: its figures reach until ${endText(of)}`}
    >
      {ageText(of)} old
    </span>
  );
}
