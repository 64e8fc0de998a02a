import { bybitLike } from "./bybit-like.js";
import type { Venue } from "./venue.js";

/** Bybit's USDT and USDC perpetuals. Ids are UUIDs. */
export const bybitLinear: Venue = bybitLike("bybit-linear", "linear", "none");
