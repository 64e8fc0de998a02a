import { computed, effect } from "@preact/signals";
import { feed, markets } from "../live/session.js";

/** Whether the figures shown are current, as far as the page can know. */
export const fresh = computed(
  () => feed.connection.value.state === "connected" && markets.fresh.value,
);

/** A missed frame is repaired within milliseconds: only longer losses turn the page grey. */
const STALE_AFTER_MS = 400;

/** Marks the root element while the figures are stale; returns a function that stops it. */
export function markStale(): () => void {
  const { documentElement } = document;
  const stale = computed(
    // Before the first data nothing can be stale.
    () => !fresh.value && markets.receivedAt.value !== undefined,
  );
  return effect(() => {
    if (!stale.value) {
      documentElement.removeAttribute("data-stale");
      return;
    }
    const timer = setTimeout(() => documentElement.setAttribute("data-stale", ""), STALE_AFTER_MS);
    return () => clearTimeout(timer);
  });
}
