import { computed } from "@preact/signals";
import { param, setParams } from "./address.js";
import { storeChoice, storedChoice } from "./stored.js";
import { knownZone } from "./time-text.js";

export const localZone = knownZone(Intl.DateTimeFormat().resolvedOptions().timeZone) ?? "UTC";

const remembered = knownZone(storedChoice("zone")) ?? "UTC";

/**
 * IANA name of the zone of all times shown: parameter `tz`, else the last choice in this browser,
 * else UTC.
 */
export const zone = computed(() => knownZone(param("tz")) ?? remembered);

/** Zones of financial centres; the browser's own zone and the link's are added. */
const CENTRES = [
  "America/New_York",
  "America/Chicago",
  "Europe/London",
  "Europe/Zurich",
  "Asia/Dubai",
  "Asia/Singapore",
  "Asia/Hong_Kong",
  "Asia/Tokyo",
  "Australia/Sydney",
];

export const zones = computed(() => [...new Set(["UTC", localZone, ...CENTRES, zone.value])]);

/** The choice goes into the address, so that a copied link shows the same times. */
export function chooseZone(name: string): void {
  storeChoice("zone", name);
  setParams({ tz: name });
}

/** A remembered zone goes into the address at once. */
export function publishZone(): void {
  if (param("tz") === null && remembered !== "UTC") setParams({ tz: remembered });
}
