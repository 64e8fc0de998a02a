import { type Candle, FIGURES, type Figure } from "../../domain/candle.js";
import { toUnits } from "../../domain/decimal.js";
import type { Comparison, FieldDifference } from "../../domain/reconciliation.js";
import type { Kline, KlineConvention } from "../../venues/venue.js";

/** Null where a side does not report the field. */
type Fields = Record<Figure, string | null>;

const PRICES: readonly Figure[] = ["open", "high", "low", "close"];
/** Fields that depend on the price at which a venue opens a candle. */
const OPENED: readonly Figure[] = ["open", "high", "low"];

/**
 * Compares our candle of a bucket with the venue's, in the fields that the venue reports and whose
 * convention is known.
 *
 * @param ours undefined, or one without trades, where we have none in the bucket
 * @param theirs undefined where the venue has no candle
 * @param previousClose the price before the bucket; the venue's own where it reports it, so that a
 *   difference in one candle is none in the next
 */
export function compare(
  ours: Candle | undefined,
  theirs: Kline | undefined,
  convention: KlineConvention,
  previousClose: string | undefined,
): Comparison {
  const traded = ours !== undefined && ours.trades > 0 ? ours : undefined;
  if (theirs === undefined)
    return traded === undefined
      ? { outcome: "match", fields: [] }
      : { outcome: "missing_there", fields: alone(fieldsOf(traded), "ours") };
  const reported = fieldsOf(theirs);
  if (traded === undefined && !isEmpty(theirs))
    return { outcome: "missing_here", fields: alone(reported, "theirs") };
  const { expected, unknown } =
    traded === undefined
      ? empty(convention, previousClose)
      : opened(fieldsOf(traded), convention, previousClose);
  const fields = differences(expected, reported, unknown);
  return {
    outcome: fields.some(({ judged }) => judged) ? "differs" : "match",
    fields,
  };
}

function fieldsOf(candle: Candle | Kline): Fields {
  const { trades, ...texts } = candle;
  return { ...texts, trades: trades === null ? null : String(trades) };
}

function isEmpty({ volume, trades }: Kline): boolean {
  return toUnits(volume) === 0n && (trades === null || trades === 0);
}

/**
 * The candle that the venue should report for our trades, and the fields that cannot be predicted.
 */
interface Expected {
  expected: Fields;
  unknown: readonly Figure[];
}

function opened(
  own: Fields,
  convention: KlineConvention,
  previousClose: string | undefined,
): Expected {
  if (convention.open === "first trade") return { expected: own, unknown: [] };
  if (convention.open === "unknown" || previousClose === undefined)
    return { expected: own, unknown: OPENED };
  const before = toUnits(previousClose);
  const beyond = (field: "high" | "low"): boolean => {
    const ours = toUnits(own[field] ?? previousClose);
    return field === "high" ? before > ours : before < ours;
  };
  const expected = {
    ...own,
    open: previousClose,
    high: beyond("high") ? previousClose : own.high,
    low: beyond("low") ? previousClose : own.low,
  };
  return { expected, unknown: [] };
}

/**
 * Without a trade both have a volume of 0; prices are the previous close where the venue is known
 * to report them.
 */
function empty(convention: KlineConvention, previousClose: string | undefined): Expected {
  const price = previousClose ?? null;
  const expected = Object.fromEntries(
    FIGURES.map((field) => [field, PRICES.includes(field) ? price : "0"]),
  ) as Fields;
  return { expected, unknown: convention.empty === "flat" ? [] : PRICES };
}

function differences(ours: Fields, theirs: Fields, unknown: readonly Figure[]): FieldDifference[] {
  return FIGURES.flatMap((field) => {
    const [own, its] = [ours[field], theirs[field]];
    if (own === null || its === null || toUnits(own) === toUnits(its)) return [];
    const judged = !unknown.includes(field);
    return [{ field, ours: own, theirs: its, judged }];
  });
}

/** All fields that one side reports, where the other has no candle. */
function alone(fields: Fields, side: "ours" | "theirs"): FieldDifference[] {
  return FIGURES.flatMap((field) =>
    fields[field] === null
      ? []
      : [
          {
            field,
            ours: null,
            theirs: null,
            [side]: fields[field],
            judged: true,
          },
        ],
  );
}
