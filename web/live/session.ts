import { Feed } from "./feed.js";
import { Instruments } from "./instruments.js";
import { Markets } from "./markets.js";
import { StatusWatch } from "./status-watch.js";

/** The page's connection, for as long as the page is open. */
export const feed = new Feed();
export const markets = new Markets(feed);
export const instruments = new Instruments();
export const statusWatch = new StatusWatch(feed);
