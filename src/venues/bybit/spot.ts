import type { Venue } from "../venue.js";
import { bybitLike } from "./bybit-like.js";

/** Bybit spot. Ids rise with holes: recorded candles are complete although 36 of 45 ids of a symbol are not its trades. */
export const bybit: Venue = bybitLike("bybit", "spot", "increasing");
