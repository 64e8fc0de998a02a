import type { InstrumentKind, InstrumentStatus } from "../../domain/instrument.js";
import { fieldOf } from "../decode/exact-json.js";
import { instrumentsIn, statusIn } from "../decode/instrument-rows.js";
import type { Instruments } from "../venue.js";

const STATUSES: Record<string, InstrumentStatus> = {
  Trading: "trading",
  PreLaunch: "announced",
  Delivering: "closed",
  Closed: "closed",
};
const KINDS: ReadonlyMap<unknown, InstrumentKind> = new Map([
  ["LinearPerpetual", "perpetual"],
  ["LinearFutures", "future"],
]);

/** For an unknown symbol the venue returns an empty list or a parameter error. */
export function bybitInstruments(
  venue: string,
  category: "spot" | "linear",
  rowsOf: (body: unknown) => readonly unknown[] | undefined,
): Instruments {
  return {
    maxPerRequest: 1,
    fetch: (symbols) => ({
      path: `/v5/market/instruments-info?category=${category}&symbol=${encodeURIComponent(symbols[0] ?? "")}`,
      weight: 1,
      read: (body) =>
        instrumentsIn(body, symbols, {
          venue,
          rowsOf: (answer) => (isUnknown(answer) ? [] : rowsOf(answer)),
          symbolOf: (row) => fieldOf(row, "symbol"),
          fieldsOf: (row) => {
            const lots = fieldOf(row, "lotSizeFilter");
            return {
              base: fieldOf(row, "baseCoin"),
              quote: fieldOf(row, "quoteCoin"),
              kind:
                category === "spot" ? "spot" : (KINDS.get(fieldOf(row, "contractType")) ?? null),
              tickSize: fieldOf(fieldOf(row, "priceFilter"), "tickSize"),
              stepSize: fieldOf(lots, "qtyStep") ?? fieldOf(lots, "basePrecision"),
              status: statusIn(STATUSES, fieldOf(row, "status")),
            };
          },
        }),
    }),
  };
}

function isUnknown(answer: unknown): boolean {
  const text = fieldOf(answer, "retMsg");
  return fieldOf(answer, "retCode") === "10001" && typeof text === "string" && /symbol/i.test(text);
}
