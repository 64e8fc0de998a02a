import type { Venue } from "../venue.js";
import { bybitLike } from "./bybit-like.js";

/** Bybit's USDT and USDC perpetuals. Ids are UUIDs. */
export const bybitLinear: Venue = bybitLike("bybit-linear", "linear", "none");
