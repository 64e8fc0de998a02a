import type { PoolClient } from "pg";
import { type Interval, nextOpenTime, shapeOf } from "../../domain/interval.js";
import type { TimeRange } from "../../domain/ranges.js";
import { queryOf } from "../merge/statement.js";
import { lockMarkets } from "../merge/tape-writer.js";
import { transact } from "../schema/transaction.js";
import { isOneBucket, narrowerThan } from "./rebuild-plan.js";
import {
  REBUILD_FROM_CANDLES,
  REBUILD_FROM_TRADES,
  type RebuildParameter,
  type RebuiltRow,
} from "./rebuild-statement.js";

/**
 * Narrower candles of which one is made while a wider interval is still to be built: a month of
 * minutes would lock the market for a quarter of a second.
 */
const MAX_PARTS = 2_000;

/** Candles of one market and interval to be made anew. */
export interface Part {
  /** The id of the market's row. */
  market: number;
  interval: Interval;
  /** Whole buckets. */
  times: TimeRange;
}

type Outcome =
  | ({ outcome: "built" } & RebuiltRow)
  /** Another process has done it, or it was cancelled. */
  | { outcome: "done" }
  /** A narrower interval has to be built first. */
  | { outcome: "waits" }
  /** Not all of it can be made: to be tried bucket by bucket. */
  | { outcome: "split" }
  /** Neither trades nor whole narrower candles are left: noted, and not tried again. */
  | { outcome: "impossible" };

/** `lockedMs`: how long the market was locked for it. */
export type StepResult = Outcome & { lockedMs: number };

const IS_LEFT = `
  SELECT (u.times - u.given_up + u.requested) && int8range($3, $4) AS "isLeft"
  FROM unbuilt u WHERE u.market_id = $1 AND u.interval = $2`;

/**
 * Narrower intervals $2, the widest that is whole from $3 to $4 first. One that is to be built
 * again is not whole: it may be why.
 */
const WHOLE = `
  SELECT n.interval, (u.times + u.requested) && int8range($3, $4) IS NOT TRUE AS whole,
    (u.times - u.given_up + u.requested) && int8range($3, $4) IS TRUE AND s.interval IS NOT NULL AS "willBe"
  FROM unnest($2::candle_interval[]) WITH ORDINALITY AS n (interval, place)
  LEFT JOIN unbuilt u ON u.market_id = $1 AND u.interval = n.interval
  LEFT JOIN stored_interval s ON s.interval = n.interval
  ORDER BY whole DESC, place`;

const DONE = `
  UPDATE unbuilt SET times = times - int8multirange(int8range($3, $4)), given_up = given_up - int8multirange(int8range($3, $4)),
    requested = requested - int8multirange(int8range($3, $4)), built = built + $4::bigint - $3::bigint
  WHERE market_id = $1 AND interval = $2`;
const FORGET = `
  DELETE FROM unbuilt WHERE market_id = $1 AND interval = $2 AND isempty(times) AND isempty(requested)`;
/** What was given up stays; the next building counts from the beginning. */
const RESET = `
  UPDATE unbuilt SET built = 0
  WHERE market_id = $1 AND interval = $2 AND built > 0 AND isempty(times - given_up) AND isempty(requested)`;

/** What was asked for and cannot be done stays as it is. */
const GIVE_UP = `
  UPDATE unbuilt SET given_up = given_up + times * int8multirange(int8range($3, $4)),
    requested = requested - int8multirange(int8range($3, $4))
  WHERE market_id = $1 AND interval = $2`;

/**
 * Makes candles anew in one transaction, which holds the market's lock.
 *
 * @param limitMs the statement is cancelled after this time: nothing is done, and it throws the
 * driver's error with SQLSTATE 57014
 */
export async function rebuildStep(
  client: PoolClient,
  part: Part,
  limitMs: number,
): Promise<StepResult> {
  let lockedAt = 0;
  const result = await transact(client, async () => {
    const { horizon } = await lockMarkets(client, [part.market]);
    lockedAt = performance.now();
    return rebuildLocked(client, part, horizon, limitMs);
  });
  return { ...result, lockedMs: performance.now() - lockedAt };
}

async function rebuildLocked(
  client: PoolClient,
  part: Part,
  horizon: number,
  limitMs: number,
): Promise<Outcome> {
  const { market, interval, times } = part;
  const key = [market, interval, times.from, times.to];
  const { rows } = await client.query<{ isLeft: boolean }>(IS_LEFT, key);
  if (rows[0]?.isLeft !== true) return { outcome: "done" };
  const source = await sourceOf(client, part, horizon);
  if (source === "later") return { outcome: "waits" };
  if (source === "none") {
    const { length } = narrowerThan(interval);
    if (length > 0 && !isOneBucket(interval, times)) return { outcome: "split" };
    // Of trades all that lies before the horizon is gone, not only this part.
    const from = length === 0 ? 0 : times.from;
    await client.query(GIVE_UP, [market, interval, from, times.to]);
    return { outcome: "impossible" };
  }
  const { width, anchor } = shapeOf(interval);
  const values: Record<RebuildParameter, string | number> = {
    market,
    interval,
    width,
    anchor,
    from: times.from,
    to: times.to,
    source: source === "trades" ? interval : source,
  };
  await client.query(`SET LOCAL statement_timeout = ${limitMs}`);
  const rebuilt = await client.query<RebuiltRow>(
    queryOf(source === "trades" ? REBUILD_FROM_TRADES : REBUILD_FROM_CANDLES, values),
  );
  await client.query(DONE, key);
  await client.query(FORGET, [market, interval]);
  await client.query(RESET, [market, interval]);
  return { outcome: "built", ...(rebuilt.rows[0] as RebuiltRow) };
}

async function sourceOf(
  client: PoolClient,
  { market, interval, times: { from, to } }: Part,
  horizon: number,
): Promise<Interval | "trades" | "later" | "none"> {
  const narrower = narrowerThan(interval);
  if (narrower.length === 0) return from >= horizon ? "trades" : "none";
  const { rows } = await client.query<{ interval: Interval; whole: boolean; willBe: boolean }>(
    WHOLE,
    [market, narrower, from, to],
  );
  const awaited = rows.find(({ willBe }) => willBe)?.interval;
  const source = rows[0]?.whole === true ? rows[0].interval : undefined;
  if (source === undefined) return awaited === undefined ? "none" : "later";
  const isWider = awaited !== undefined && narrower.indexOf(awaited) < narrower.indexOf(source);
  const parts = (nextOpenTime(interval, from) - from) / shapeOf(source).width;
  return isWider && parts > MAX_PARTS ? "later" : source;
}
