import {
  INSTRUMENT_KINDS,
  INSTRUMENT_STATUSES,
  type Instrument,
} from "../../domain/instrument.js";
import {
  decimal,
  nullable,
  object,
  oneOf,
  text,
} from "../../http/schema-parts.js";

/** Part of a market. */
export const INSTRUMENT_SCHEMA = nullable(
  object<Omit<Instrument, "market">>(
    {
      base: text("What amounts count, as the venue spells it", "BTC"),
      quote: text("What prices count", "USDT"),
      kind: nullable(
        oneOf("Null where the venue does not say", INSTRUMENT_KINDS),
      ),
      tickSize: nullable(
        decimal(
          "Orders' prices are multiples of it; null where the venue does not say",
          "0.01",
        ),
      ),
      stepSize: nullable(
        decimal(
          "Orders' amounts are multiples of it; null where the venue does not say",
          "0.00001",
        ),
      ),
      status: oneOf(
        "As the venue last said; halted: for now, announced: trading has not begun, closed: for good",
        INSTRUMENT_STATUSES,
      ),
    },
    "What its venue says of it; null until it has been asked, and where it cannot be",
  ),
);
