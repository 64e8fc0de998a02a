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
  compared: count(
    "Minutes compared, those without a trade on either side among them",
    1440,
  ),
  matched: count("Those in which every judged field is equal", 1439),
  incomplete: count(
    "Those in which one differs, and trades of ours are known to be missing",
    1,
  ),
  unjudged: count(
    "Those in which fields differ whose convention is not known; they count as matched",
    0,
  ),
  matchRatio: part("matched / compared"),
});

const field = object<FieldDifference>({
  field: oneOf("Field of a candle", FIGURES),
  ours: nullable(
    text(
      "By our trades under the venue's convention, exact decimal; null: no candle",
      "31.20651",
    ),
  ),
  theirs: nullable(
    text("The venue's, exact decimal; null: no candle", "31.20652"),
  ),
  judged: flag("False: the venue's convention for it is not known", true),
});

const difference = object<Difference>({
  market,
  interval: oneOf("Interval", INTERVALS),
  openTime: time("First ms of the bucket"),
  outcome: oneOf(
    "What was found; `match`: only in fields that are not judged",
    ["differs", "missing_here", "missing_there", "match"],
  ),
  fields: listOf(field, "What differs"),
  state: oneOf(
    "suspected: seen once, compared again soon. confirmed: it stayed. unjudged: convention not known. resolved: equal by now",
    DIFFERENCE_STATES,
  ),
  complete: nullable(
    flag("Of our candle when compared. False: missing trades explain it", true),
  ),
  version: count("Of our candle when compared; 0: there was none", 97),
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
