import { computed, effect } from "@preact/signals";
import { feed, markets } from "../live/session.js";

/** The figures shown are what the server says now, as far as one can know. */
export const fresh = computed(
  () => feed.connection.value.state === "connected" && markets.fresh.value,
);

/** A jump in the feed is mended within milliseconds: only what lasts turns grey. */
const LASTING_MS = 400;

/** Marks the root element while they are not; returns what ends it. */
export function markStale(): () => void {
  const { documentElement } = document;
  const stale = computed(
    // Before the first data there is nothing that could be old.
    () => !fresh.value && markets.receivedAt.value !== undefined,
  );
  return effect(() => {
    if (!stale.value) {
      documentElement.removeAttribute("data-stale");
      return;
    }
    const timer = setTimeout(
      () => documentElement.setAttribute("data-stale", ""),
      LASTING_MS,
    );
    return () => clearTimeout(timer);
  });
}
