import { INSTRUMENT_KINDS, INSTRUMENT_STATUSES, type Instrument } from "../../domain/instrument.js";
import { decimal, nullable, object, oneOf, text } from "../../http/schema-parts.js";

/** Part of a market. */
export const INSTRUMENT_SCHEMA = nullable(
  object<Omit<Instrument, "market">>(
    {
      base: text("Currency of amounts, as the venue spells it", "BTC"),
      quote: text("Currency of prices", "USDT"),
      kind: nullable(oneOf("Null where the venue does not say", INSTRUMENT_KINDS)),
      tickSize: nullable(
        decimal(
          "Tick size: orders' prices are multiples of it; null where the venue does not say",
          "0.01",
        ),
      ),
      stepSize: nullable(
        decimal(
          "Lot size: orders' amounts are multiples of it; null where the venue does not say",
          "0.00001",
        ),
      ),
      status: oneOf(
        "As last reported by the venue; halted: for now, announced: trading has not begun, closed: for good",
        INSTRUMENT_STATUSES,
      ),
    },
    "As reported by its venue; null until it has been fetched, and where the venue does not offer it",
  ),
);
