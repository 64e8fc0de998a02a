import { signal } from "@preact/signals";

/** Epoch ms of this browser's clock, at the beginning of each of its seconds. */
export const now = signal(Date.now());

function tick(): void {
  now.value = Date.now();
  // A little late rather than early: the second must have begun.
  setTimeout(tick, 1_000 - (Date.now() % 1_000) + 5);
}

tick();
