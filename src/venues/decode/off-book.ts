import { type Fault, type Trade, faultOf } from "../../domain/trade.js";
import type { Venue } from "../venue.js";

/**
 * Whether a print that carries no mark is off the book: then it has neither a price nor an amount.
 * Both are canonical decimal text.
 */
export function isOffBook(price: string, amount: string): boolean {
  return price === "0" && amount === "0";
}

/** `faultOf`; and where the venue never rounds, a trade of nothing is a wrong row. */
export function printFaultOf(
  trade: Trade,
  latest: number,
  { roundsAmounts }: Pick<Venue, "roundsAmounts">,
): Fault | undefined {
  const fault = faultOf(trade, latest);
  if (fault !== undefined || trade.amount !== "0" || trade.offBook || roundsAmounts === true)
    return fault;
  return { code: "bad_amount", detail: `amount must be above 0, not "0"` };
}
