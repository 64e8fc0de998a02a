import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import { type Interval, closeTimeOf } from "../../../domain/interval.js";
import type { Market } from "../../../domain/market.js";
import { type TimeRange, multirangeOf, timeRangesOf } from "../../../domain/ranges.js";
import type { Comparison, DifferenceState } from "../../../domain/reconciliation.js";
import { DAY_MS } from "../../../domain/units.js";
import { sqlFile } from "../../schema/sql-file.js";

const KEEP = sqlFile(import.meta.url, "keep-comparisons.sql");
const REOPEN = sqlFile(import.meta.url, "reopen-comparisons.sql");

/** Result of comparing one candle. */
export interface Compared extends Comparison {
  openTime: number;
  /** Completeness and version of our candle; version 0 where there is none. */
  complete: boolean | null;
  version: number;
}

/** A difference that has changed to this state. */
export interface NewState {
  openTime: number;
  state: DifferenceState;
}

/**
 * Progress and results of the comparison with the venues' own candles, which resumes there after a
 * restart.
 */
@Injectable()
export class ComparisonStore {
  constructor(private readonly source: DataSource) {}

  /**
   * Exchange times of a market's oldest trade and newest record; undefined before its first trade.
   */
  async reach(market: Market): Promise<{ firstTrade: number; clock: number } | undefined> {
    const rows: { first_trade: string; clock: string }[] = await this.source.query(
      `SELECT first_trade, clock FROM market WHERE name = $1 AND first_trade IS NOT NULL`,
      [market],
    );
    const [row] = rows;
    return row && { firstTrade: Number(row.first_trade), clock: Number(row.clock) };
  }

  /**
   * Makes candles from `from` on due again that have changed since they were compared, and
   * suspected differences that were compared longer than `recheck` ms ago. Returns `since` for the
   * next call.
   *
   * @param since undefined at the first call of a process; else with how long ago (ms, monotonic)
   *   that was
   * @param times.transaction longest duration (ms) of a transaction: its changes become visible
   * that long after their timestamp
   */
  async reopen(
    market: Market,
    from: number,
    since: { at: string; ms: number } | undefined,
    times: { recheck: number; transaction: number },
  ): Promise<string> {
    const rows: { at: string }[] = await this.source.query(REOPEN, [
      market,
      dayOf(from),
      since?.at ?? null,
      times.recheck,
      times.transaction,
      since?.ms ?? 0,
    ]);
    return (rows[0] as { at: string }).at;
  }

  /** The unwatched times of a sparse market within `times`. */
  async unwatched(market: Market, times: TimeRange): Promise<TimeRange[]> {
    const rows: { blind: string }[] = await this.source.query(
      `SELECT (blind * $2::int8multirange)::text AS blind FROM market WHERE name = $1`,
      [market, multirangeOf([times])],
    );
    return timeRangesOf(rows[0]?.blind ?? "{}");
  }

  /** Those of the times whose candles have not been compared, ascending. */
  async due(market: Market, interval: Interval, times: TimeRange): Promise<TimeRange[]> {
    const rows: { due: string }[] = await this.source.query(
      `SELECT ($3::int8multirange - coalesce((
         SELECT range_agg(c) FROM reconciliation r JOIN market m ON m.id = r.market_id, unnest(r.compared) c
         WHERE m.name = $1 AND r.interval = $2 AND r.day >= $4 AND r.day < $5), '{}'))::text AS due`,
      [market, interval, multirangeOf([times]), dayOf(times.from), times.to],
    );
    return timeRangesOf(rows[0]?.due ?? "{}");
  }

  /** Those of the candles that have been compared, as `interval openTime`. */
  async among(
    market: Market,
    candles: readonly { interval: Interval; openTime: number }[],
  ): Promise<Set<string>> {
    const rows: { interval: Interval; open_time: string }[] = await this.source.query(
      `SELECT k.interval, k.open_time FROM market m, unnest($2::candle_interval[], $3::bigint[]) AS k (interval, open_time)
         JOIN reconciliation r ON r.interval = k.interval AND r.day = k.open_time - k.open_time % ${DAY_MS}
         WHERE m.name = $1 AND r.market_id = m.id AND r.compared @> k.open_time`,
      [market, candles.map(({ interval }) => interval), candles.map(({ openTime }) => openTime)],
    );
    return new Set(rows.map(({ interval, open_time }) => `${interval} ${open_time}`));
  }

  /**
   * Stores comparisons and returns the differences whose state has changed.
   *
   * @param since what `reopen` returned before these candles were read
   */
  async keep(
    market: Market,
    interval: Interval,
    compared: readonly Compared[],
    since: string,
  ): Promise<NewState[]> {
    const differences = compared
      .filter(({ fields }) => fields.length > 0)
      .map((one) => ({
        ...one,
        closeTime: closeTimeOf(interval, one.openTime),
      }));
    const rows: { open_time: string; state: DifferenceState }[] = await this.source.query(KEEP, [
      market,
      interval,
      compared.map(({ openTime }) => openTime),
      compared.map(({ openTime }) => closeTimeOf(interval, openTime)),
      JSON.stringify(differences),
      since,
    ]);
    return rows.map(({ open_time, state }) => ({
      openTime: Number(open_time),
      state,
    }));
  }
}

function dayOf(time: number): number {
  return time - (time % DAY_MS);
}
