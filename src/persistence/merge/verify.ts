import { DataSource } from "typeorm";
import type { Interval } from "../../domain/interval.js";
import type { Market } from "../../domain/market.js";
import { sqlFile } from "../schema/sql-file.js";
import { baseOf, intervalColumns } from "./interval-columns.js";

const VERIFY = sqlFile(import.meta.url, "verify.sql");

interface CandleDifference {
  interval: Interval;
  openTime: number;
  /** Recomputed from the stored trades; null when no trade belongs to it. */
  expected: Record<string, string | number> | null;
  stored: Record<string, string | number> | null;
}

export interface MarketVerdict {
  market: Market;
  candles: number;
  trades: string;
  differences: number;
  /** The first 20. */
  examples: CandleDifference[];
  /**
   * Raw ids covered without a stored trade (positive), or stored but not covered (negative); 0 is
   * correct.
   */
  uncoveredIds: string;
  /** Stored intervals of which some candles are not built. */
  notBuilt: Interval[];
}

/** The intervals that are stored, or of which candles are left from when they were. */
const VERIFIED_INTERVALS = `
  SELECT i.interval,
    EXISTS (SELECT FROM stored_interval s WHERE s.interval = i.interval)
      AND EXISTS (SELECT FROM unbuilt u WHERE u.market_id = $1 AND u.interval = i.interval AND NOT isempty(u.times)) AS "notBuilt"
  FROM unnest(enum_range(NULL::candle_interval)) AS i (interval)
  WHERE EXISTS (SELECT FROM stored_interval s WHERE s.interval = i.interval)
    OR EXISTS (SELECT FROM candle c WHERE c.market_id = $1 AND c.interval = i.interval)
  ORDER BY 1`;

/**
 * Recomputes every stored candle from the stored trades, from the retention horizon on, in one
 * snapshot per market: a running recorder does not affect it. Yields a verdict per market, in order
 * of their names.
 */
export async function* verify(
  source: DataSource,
): AsyncGenerator<MarketVerdict & { of: number; index: number }> {
  const markets: { id: number; name: string }[] = await source.query(
    `SELECT id, name FROM market ORDER BY name`,
  );
  for (const [index, market] of markets.entries()) {
    const verdict = await source.transaction("REPEATABLE READ", async (manager) => {
      // Sorting and grouping a market's whole history takes longer than the statement timeout.
      await manager.query(`SET LOCAL statement_timeout = 0`);
      await manager.query(`SET LOCAL work_mem = '128MB'`);
      const [{ horizon }] = await manager.query<[{ horizon: string }]>(
        `SELECT time AS horizon FROM horizon`,
      );
      const known: { interval: Interval; notBuilt: boolean }[] = await manager.query(
        VERIFIED_INTERVALS,
        [market.id],
      );
      const intervals = known.map(({ interval }) => interval);
      const { names, widths, anchors } = intervalColumns(intervals);
      const rows: Pick<MarketVerdict, "candles" | "differences" | "examples">[] =
        await manager.query(VERIFY, [
          market.id,
          horizon,
          names,
          widths,
          anchors,
          baseOf(intervals),
        ]);
      const sums: { trades: string; uncovered: string }[] = await manager.query(
        `SELECT t.trades::text, CASE m.ids WHEN 'dense' THEN (coalesce(h.held, 0) - t.trades)::text ELSE '0' END AS uncovered
         FROM market m, LATERAL (SELECT coalesce(sum(count), 0) AS trades FROM trade WHERE market_id = m.id AND time >= $2) t,
           LATERAL (SELECT sum(upper(x) - lower(x)) AS held FROM unnest(m.covered - m.dropped) x) h
         WHERE m.id = $1`,
        [market.id, horizon],
      );
      return {
        ...(rows[0] as (typeof rows)[0]),
        trades: sums[0]?.trades ?? "0",
        uncoveredIds: sums[0]?.uncovered ?? "0",
        notBuilt: known.flatMap(({ interval, notBuilt }) => (notBuilt ? [interval] : [])),
      };
    });
    yield { market: market.name, ...verdict, index, of: markets.length };
  }
}
