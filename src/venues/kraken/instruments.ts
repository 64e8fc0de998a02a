import type { InstrumentStatus } from "../../domain/instrument.js";
import { fieldOf, listOf } from "../decode/exact-json.js";
import { instrumentsIn, statusIn, stepOfDigits } from "../decode/instrument-rows.js";
import type { Instruments } from "../venue.js";

const STATUSES: Record<string, InstrumentStatus> = {
  online: "trading",
  limit_only: "trading",
  reduce_only: "trading",
  cancel_only: "halted",
  post_only: "halted",
};
const UNKNOWN = "EQuery:Unknown asset pair";

/**
 * One pair a request. The answer spells pairs and assets differently (XXBTZUSD, XBT/USD for
 * BTC/USD), so that only an answer with one pair is unambiguous; and one unknown pair makes the
 * venue refuse the whole request.
 */
export const krakenInstruments: Instruments = {
  maxPerRequest: 1,
  fetch: ([symbol = ""]) => {
    const [base, quote] = symbol.split("/");
    return {
      path: `/0/public/AssetPairs?pair=${encodeURIComponent(symbol)}`,
      weight: 1,
      read: (body) =>
        instrumentsIn(body, [symbol], {
          venue: "kraken",
          rowsOf: onlyPairOf,
          symbolOf: () => symbol,
          fieldsOf: (pair) => ({
            base,
            quote,
            kind: "spot",
            tickSize: fieldOf(pair, "tick_size"),
            stepSize: stepOfDigits(fieldOf(pair, "lot_decimals")),
            status: statusIn(STATUSES, fieldOf(pair, "status")),
          }),
        }),
    };
  },
};

function onlyPairOf(body: unknown): readonly unknown[] | undefined {
  const errors = listOf(fieldOf(body, "error"));
  if (errors.length > 0) return errors.every((error) => error === UNKNOWN) ? [] : undefined;
  const result = fieldOf(body, "result");
  if (typeof result !== "object" || result === null) return undefined;
  const pairs = Object.values(result) as unknown[];
  return pairs.length === 1 ? pairs : undefined;
}
