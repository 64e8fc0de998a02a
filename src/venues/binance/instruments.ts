import type { InstrumentKind, InstrumentStatus } from "../../domain/instrument.js";
import { fieldOf, listOf } from "../decode/exact-json.js";
import { instrumentsIn, statusIn } from "../decode/instrument-rows.js";
import type { Instruments } from "../venue.js";
import type { BinanceRest } from "./history.js";

/** Enumerations of both hosts' documents. */
const STATUSES: Record<string, InstrumentStatus> = {
  TRADING: "trading",
  END_OF_DAY: "halted",
  HALT: "halted",
  BREAK: "halted",
  AUCTION_MATCH: "halted",
  POST_TRADING: "halted",
  PRE_TRADING: "announced",
  PENDING_TRADING: "announced",
  PRE_DELIVERING: "closed",
  DELIVERING: "closed",
  DELIVERED: "closed",
  PRE_SETTLE: "closed",
  SETTLING: "closed",
  CLOSE: "closed",
};

/** @param maxPerRequest symbols; Infinity on the host that takes none and returns all */
export function binanceInstruments(
  venue: string,
  { prefix, weights }: BinanceRest,
  maxPerRequest: number,
): Instruments {
  const query = (symbols: readonly string[]): string =>
    maxPerRequest === Infinity ? "" : `?symbols=${encodeURIComponent(JSON.stringify(symbols))}`;
  return {
    maxPerRequest,
    fetch: (symbols) => ({
      path: `${prefix}/exchangeInfo${query(symbols)}`,
      weight: weights.exchangeInfo,
      read: (body) =>
        instrumentsIn(body, symbols, {
          venue,
          rowsOf: (answer) => {
            const rows = fieldOf(answer, "symbols");
            return Array.isArray(rows) ? (rows as unknown[]) : undefined;
          },
          symbolOf: (row) => fieldOf(row, "symbol"),
          fieldsOf: (row) => ({
            base: fieldOf(row, "baseAsset"),
            quote: fieldOf(row, "quoteAsset"),
            kind: kindOf(fieldOf(row, "contractType")),
            tickSize: filterOf(row, "PRICE_FILTER", "tickSize"),
            stepSize: filterOf(row, "LOT_SIZE", "stepSize"),
            status: statusIn(STATUSES, fieldOf(row, "status")),
          }),
        }),
    }),
  };
}

/** A field of the filter of this type; undefined without such a filter. */
function filterOf(row: unknown, type: string, field: string): unknown {
  const filters = listOf(fieldOf(row, "filters"));
  const filter = filters.find((each) => fieldOf(each, "filterType") === type);
  return fieldOf(filter, field);
}

/** Spot has no contracts. PERPETUAL, TRADIFI_PERPETUAL; CURRENT_QUARTER and its like. */
function kindOf(contract: unknown): InstrumentKind | null {
  if (contract === undefined) return "spot";
  if (typeof contract !== "string") return null;
  if (/PERPETUAL$/.test(contract)) return "perpetual";
  return /(QUARTER|MONTH|DELIVERING)$/.test(contract) ? "future" : null;
}
