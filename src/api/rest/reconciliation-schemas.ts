import { FIGURES } from "../../domain/candle.js";
import { INTERVALS } from "../../domain/interval.js";
import {
  type CandleReconciliation,
  DIFFERENCE_STATES,
  type Difference,
  type FieldDifference,
  type ReconciledDay,
} from "../../domain/reconciliation.js";
import {
  type Schema,
  count,
  flag,
  listOf,
  market,
  nullable,
  object,
  oneOf,
  part,
  text,
  time,
} from "../../http/schema-parts.js";

const OUTCOMES = ["match", "differs", "missing_here", "missing_there"];

const day = object<ReconciledDay>({
  market,
  day: time("UTC midnight of the day"),
  compared: count("Minutes compared, including those without a trade on either side", 1440),
  matched: count("Minutes in which every judged field is equal", 1439),
  incomplete: count("Minutes in which one differs, and Tapeline is known to miss trades", 1),
  unjudged: count(
    "Minutes in which only fields differ whose convention is not known; they count as matched",
    0,
  ),
  matchRatio: part("matched / compared"),
});

const field = object<FieldDifference>({
  field: oneOf("Field of a candle", FIGURES),
  ours: nullable(
    text(
      "From Tapeline's trades under the venue's convention, exact decimal; null: no candle",
      "31.20651",
    ),
  ),
  theirs: nullable(text("The venue's, exact decimal; null: no candle", "31.20652")),
  judged: flag("False: the venue's convention for it is not known", true),
});

const difference = object<Difference>({
  market,
  interval: oneOf("Interval", INTERVALS),
  openTime: time("First ms of the bucket"),
  outcome: oneOf("What was found; `match`: only in fields that are not judged", [
    "differs",
    "missing_here",
    "missing_there",
    "match",
  ]),
  fields: listOf(field, "What differs"),
  state: oneOf(
    "suspected: found once, to be compared again soon. confirmed: found again. unjudged: convention not known, or our record begins within it. resolved: equal by now",
    DIFFERENCE_STATES,
  ),
  complete: nullable(
    flag(
      "Completeness of Tapeline's candle when compared. False: missing trades explain the difference",
      true,
    ),
  ),
  version: count("Version of Tapeline's candle when compared; 0: there was none", 97),
  foundAt: time("When it was found"),
  comparedAt: time("When it was compared last"),
});

const candle = object<CandleReconciliation>({
  outcome: oneOf("What was found", OUTCOMES),
  comparedAt: time("When it was compared last"),
  difference: {
    ...nullable({}),
    allOf: [{ $ref: "#/components/schemas/Difference" }],
    description: "What differs or differed, if anything",
  },
});

/** Part of `SCHEMAS`. */
export const RECONCILIATION_SCHEMAS: Record<string, Schema> = {
  ReconciledDay: day,
  Difference: difference,
  CandleReconciliation: candle,
};
