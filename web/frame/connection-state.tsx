import { computed } from "@preact/signals";
import { feed, markets } from "../live/session.js";
import { fresh } from "./freshness.js";
import { now } from "./now.js";
import { durationText, timeText } from "./time-text.js";
import { zone } from "./time-zone.js";

const words = computed(() => {
  const { state } = feed.connection.value;
  if (fresh.value) return { sign: "●", text: "Connected", tone: "up" };
  return state === "lost"
    ? { sign: "✕", text: "No connection", tone: "down" }
    : { sign: "◌", text: "Connecting", tone: "warn" };
});

/** In the header: whether the figures are current. */
export function ConnectionState() {
  const { sign, text, tone } = words.value;
  return (
    <span class="connection" role="status">
      <span class={tone} aria-hidden="true">
        {sign}
      </span>
      <span class="words">{text}</span>
    </span>
  );
}

/**
 * Banner while the connection is lost: how old the figures are, and that the page reconnects
 * without a reload.
 */
export function LostConnection() {
  const { state, since, detail } = feed.connection.value;
  if (state !== "lost") return null;
  const received = markets.receivedAt.value ?? since;
  return (
    <section class="lost" aria-label="Connection lost">
      <p>
        <strong class="down">No connection</strong> since{" "}
        <span class="num">{timeText(since, zone.value, "second")}</span>
        {detail === null ? "" : ` (${detail})`}. The figures are{" "}
        <span class="num" data-testid="data-age">
          {durationText(now.value - received)}
        </span>{" "}
        old; reconnecting…
      </p>
    </section>
  );
}
