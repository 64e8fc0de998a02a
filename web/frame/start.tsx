import { render } from "preact";
import { watchAddress } from "./address.js";
import { App } from "./app.js";
import { markStale } from "./freshness.js";
import { publishZone } from "./time-zone.js";

/** Starts the page. */
export function start(root: HTMLElement): void {
  watchAddress();
  publishZone();
  markStale();
  // Loading the code and the first rendering in one task would block the browser for too long.
  setTimeout(() => render(<App />, root));
}
