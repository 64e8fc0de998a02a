import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Interval } from "../../domain/interval.js";
import type { Market } from "../../domain/market.js";
import type { TimeRange } from "../../domain/ranges.js";
import { EVERY_INTERVAL } from "../merge/interval-columns.js";
import { lockMarkets } from "../merge/tape-writer.js";
import { inTransaction } from "../schema/transaction.js";

/** Candles of one market and interval that are to be built. */
export interface Unbuilt {
  market: Market;
  /** The id of the market's row. */
  marketId: number;
  interval: Interval;
  /** The newest uninterrupted range, epoch ms. */
  newest: TimeRange;
  /** Ms of market time that are to be built, and that have been since there was nothing to build. */
  leftMs: number;
  builtMs: number;
}

/** Building of one interval, in all markets. */
export interface Rebuild {
  interval: Interval;
  /** Markets that are not done. */
  markets: number;
  /** Part (0–1) of the market time that is built. */
  done: number;
  /** Of what is left, epoch ms; `to` is exclusive. */
  from: number;
  to: number;
  /** Not being built: cancelled, or its trades are gone. */
  givenUp: boolean;
}

/** Whose candles; all markets or intervals where none is named. */
export interface RebuildScope {
  market?: Market;
  interval?: Interval;
}

interface UnbuiltRow {
  market: Market;
  marketId: number;
  interval: Interval;
  from: string;
  to: string;
  leftMs: string;
  builtMs: string;
}

const LENGTH = (times: string): string =>
  `(SELECT coalesce(sum(upper(x) - lower(x)), 0) FROM unnest(${times}) x)`;
const LEFT = "u.times - u.given_up + u.requested";

/** Which candles are not built, and which are to be built again. */
@Injectable()
export class UnbuiltStore {
  constructor(private readonly source: DataSource) {}

  /** Of the stored intervals, shortest first, then by market. */
  async left(): Promise<Unbuilt[]> {
    const rows: UnbuiltRow[] = await this.source.query(
      `SELECT m.name AS market, m.id AS "marketId", u.interval, lower(n.newest) AS from, upper(n.newest) AS to,
         ${LENGTH(LEFT)} AS "leftMs", u.built AS "builtMs"
       FROM unbuilt u JOIN stored_interval USING (interval) JOIN market m ON m.id = u.market_id
       CROSS JOIN LATERAL (SELECT x AS newest FROM unnest(${LEFT}) x ORDER BY x DESC LIMIT 1) n
       ORDER BY u.interval, m.name`,
    );
    return rows.map(({ from, to, leftMs, builtMs, ...row }) => ({
      ...row,
      newest: { from: Number(from), to: Number(to) },
      leftMs: Number(leftMs),
      builtMs: Number(builtMs),
    }));
  }

  /** Per stored interval that is not built everywhere, shortest first. */
  async rebuilds(): Promise<Rebuild[]> {
    const rows: {
      interval: Interval;
      markets: number;
      left: string;
      built: string;
      from: string;
      to: string;
      givenUp: boolean;
    }[] = await this.source.query(
      `SELECT interval, count(*)::integer AS markets, sum(ms) AS left, sum(built) AS built, min(lower(times)) AS from,
           max(upper(times)) AS to, given_up AS "givenUp"
         FROM (
           SELECT u.interval, ${LEFT} AS times, ${LENGTH(LEFT)} AS ms, u.built, false AS given_up FROM unbuilt u
           UNION ALL
           SELECT u.interval, u.given_up, ${LENGTH("u.given_up")}, 0, true FROM unbuilt u
         ) p JOIN stored_interval USING (interval)
         WHERE NOT isempty(times) GROUP BY interval, given_up ORDER BY interval, given_up`,
    );
    return rows.map(({ left, built, from, to, ...row }) => ({
      ...row,
      done: row.givenUp ? 0 : Number(built) / (Number(built) + Number(left)),
      from: Number(from),
      to: Number(to),
    }));
  }

  /** Intervals of which candles are missing that may be built yet, also those not stored now. */
  async lacking(): Promise<Interval[]> {
    const rows: { interval: Interval }[] = await this.source.query(
      "SELECT DISTINCT interval FROM unbuilt u WHERE NOT isempty(u.times - u.given_up)",
    );
    return rows.map(({ interval }) => interval);
  }

  /**
   * Has candles of stored intervals built again, those that were given up included; returns the
   * number of markets. Served meanwhile are the ones that are stored.
   *
   * @param times within each market's trades
   */
  async request({ market, interval }: RebuildScope, times: Partial<TimeRange>): Promise<number> {
    const { names, widths, anchors } = EVERY_INTERVAL;
    const rows: { markets: number }[] = await this.source.query(
      `WITH wanted AS (
         -- Whole buckets.
         SELECT m.id, s.interval, int8multirange(int8range(
             open_time(i.width, i.anchor, greatest($3::bigint, m.first_trade)),
             close_time(i.width, open_time(i.width, i.anchor, least($4::bigint - 1, m.last_trade))) + 1)) AS times,
           int8multirange(int8range(open_time(i.width, i.anchor, $3::bigint),
             close_time(i.width, open_time(i.width, i.anchor, $4::bigint - 1)) + 1)) AS wanted
         FROM market m CROSS JOIN stored_interval s
         JOIN unnest($5::candle_interval[], $6::bigint[], $7::bigint[]) AS i (interval, width, anchor) ON i.interval = s.interval
         WHERE ($1::text IS NULL OR m.name = $1) AND ($2::candle_interval IS NULL OR s.interval = $2)
           AND m.last_trade >= coalesce($3, 0) AND m.first_trade < coalesce($4, 9223372036854775807)
       ), resumed AS (
         UPDATE unbuilt u SET requested = u.requested + w.times, given_up = u.given_up - w.wanted
         FROM wanted w WHERE w.id = u.market_id AND w.interval = u.interval
       ), added AS (
         INSERT INTO unbuilt (market_id, interval, requested) SELECT id, interval, times FROM wanted
         ON CONFLICT DO NOTHING
       )
       SELECT count(DISTINCT id)::integer AS markets FROM wanted`,
      [
        market ?? null,
        interval ?? null,
        times.from ?? null,
        times.to ?? null,
        names,
        widths,
        anchors,
      ],
    );
    return rows[0]?.markets ?? 0;
  }

  /**
   * Ends the building; what is not built stays so until it is requested. Candles that begin after a
   * market's newest trade lack none, and will be stored. Returns the number of markets.
   */
  async cancel({ market, interval }: RebuildScope): Promise<number> {
    const markets: { id: number }[] = await this.source.query(
      `SELECT DISTINCT m.id FROM market m JOIN unbuilt u ON u.market_id = m.id JOIN stored_interval USING (interval)
       WHERE ($1::text IS NULL OR m.name = $1) AND ($2::candle_interval IS NULL OR u.interval = $2) AND NOT isempty(${LEFT})
       ORDER BY m.id`,
      [market ?? null, interval ?? null],
    );
    const { names, widths, anchors } = EVERY_INTERVAL;
    for (const { id } of markets)
      await inTransaction(this.source, async (client) => {
        // A merge that has left a candle out must not find it stored.
        await lockMarkets(client, [id]);
        await client.query(
          `UPDATE unbuilt u SET times = k.times, given_up = k.times, requested = '{}'
           FROM market m, unnest($3::candle_interval[], $4::bigint[], $5::bigint[]) AS i (interval, width, anchor)
           CROSS JOIN LATERAL (
             SELECT x.times * int8multirange(int8range(NULL, close_time(i.width, open_time(i.width, i.anchor, m.last_trade)) + 1)) AS times
             FROM unbuilt x WHERE x.market_id = m.id AND x.interval = i.interval
           ) k
           WHERE m.id = $1 AND u.market_id = m.id AND u.interval = i.interval AND ($2::candle_interval IS NULL OR u.interval = $2)
             AND u.interval IN (SELECT s.interval FROM stored_interval s)`,
          [id, interval ?? null, names, widths, anchors],
        );
      });
    return markets.length;
  }

  /** Rows of `candle` that building an interval can add at most, in all markets, and their bytes. */
  async need(interval: Interval, widthMs: number): Promise<{ candles: number; bytes: number }> {
    const rows: { candles: string; bytes: string }[] = await this.source.query(
      `SELECT n.candles, n.candles * (SELECT coalesce(pg_total_relation_size('candle') / nullif(greatest(c.reltuples, 0)::bigint, 0), 300)
           FROM pg_class c WHERE c.oid = 'candle'::regclass) AS bytes
       FROM (
         SELECT coalesce(sum(least(${LENGTH(`(${LEFT}) * int8multirange(int8range(m.first_trade, m.last_trade + 1))`)} / $2, m.trades)), 0)::bigint AS candles
         FROM unbuilt u JOIN market m ON m.id = u.market_id WHERE u.interval = $1
       ) n`,
      [interval, widthMs],
    );
    return { candles: Number(rows[0]?.candles ?? 0), bytes: Number(rows[0]?.bytes ?? 0) };
  }
}
