import { render } from "preact";
import { watchAddress } from "./address.js";
import { App } from "./app.js";
import { markStale } from "./freshness.js";
import { publishZone } from "./time-zone.js";

/** The page, from now on for as long as it is open. */
export function start(root: HTMLElement): void {
  watchAddress();
  publishZone();
  markStale();
  // Loading the code and the first drawing are each short enough, together they are not.
  setTimeout(() => render(<App />, root));
}
