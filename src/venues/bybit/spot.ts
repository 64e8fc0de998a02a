import type { Venue } from "../venue.js";
import { bybitLike } from "./bybit-like.js";

/**
 * Bybit spot. Ids increase with holes: recorded candles are complete although 36 of 45 ids in the
 * range are not trades of the symbol.
 */
export const bybit: Venue = bybitLike("bybit", "spot", "increasing");
