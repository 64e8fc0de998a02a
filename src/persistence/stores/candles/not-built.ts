import type { Interval } from "../../../domain/interval.js";
import type { Market } from "../../../domain/market.js";
import { type TimeRange, timeRangesOf } from "../../../domain/ranges.js";
import { TapelineError } from "../../../domain/tapeline-error.js";
import type { Reader } from "./candle-store.js";

/** Why candles of a span of time cannot be answered. */
export interface NotBuilt {
  /** Epoch ms, a multirange as text. */
  times: string;
  isStored: boolean;
  /** All of them, since building was cancelled or their trades are gone. */
  givenUp: boolean;
}

/**
 * A `NotBuilt` as JSON, null where all is built; for a statement that has the market's row `m`.
 *
 * @param interval,span expressions; `span` is an int8range
 */
export const notBuiltWithin = (interval: string, span: string): string => `(
  SELECT json_build_object('times', (u.times * int8multirange(${span}))::text,
    'isStored', EXISTS (SELECT FROM stored_interval s WHERE s.interval = u.interval),
    'givenUp', isempty((u.times - u.given_up) * int8multirange(${span})))
  FROM unbuilt u WHERE u.market_id = m.id AND u.interval = ${interval} AND u.times && ${span})`;

/** The error for a client: names the times, and whether waiting helps. */
export function notBuilt(
  market: Market,
  interval: Interval,
  { times, isStored, givenUp }: NotBuilt,
): TapelineError<"not_built"> {
  const ranges = timeRangesOf(times);
  const [first, last] = [ranges[0], ranges.at(-1)] as [TimeRange, TimeRange];
  const text = (time: number): string => new Date(time).toISOString();
  const what = `candles of ${interval} of ${market} from ${text(first.from)} to ${text(last.to)}`;
  if (!isStored)
    return new TapelineError(
      "not_built",
      `${what} are not stored: INTERVALS leaves the interval out`,
      { canRetry: false },
    );
  if (givenUp)
    return new TapelineError(
      "not_built",
      `${what} are not built: that was cancelled, or their trades are not kept; ask for start=${last.to}`,
      { canRetry: false },
    );
  return new TapelineError(
    "not_built",
    `${what} are being built, since the interval was not stored before; GET /api/v1/system shows the progress`,
  );
}

/** Throws `not_built` unless all candles with a trade in this span (epoch ms) are there. */
export async function requireBuilt(
  reader: Reader,
  market: Market,
  interval: Interval,
  { from, to }: TimeRange,
): Promise<void> {
  const rows: { missing: NotBuilt | null }[] = await reader.query(
    `SELECT ${notBuiltWithin("$2", "int8range($3, $4)")} AS missing FROM market m WHERE m.name = $1`,
    [market, interval, from, to],
  );
  const missing = rows[0]?.missing ?? null;
  if (missing !== null) throw notBuilt(market, interval, missing);
}
