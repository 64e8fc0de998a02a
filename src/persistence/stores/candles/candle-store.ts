import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Candle } from "../../../domain/candle.js";
import type { Coverage } from "../../../domain/coverage.js";
import { type Interval, nextOpenTime, openTimeOf } from "../../../domain/interval.js";
import type { IdKind, Market } from "../../../domain/market.js";
import { type TimeRange, idRangesOf, timeRangesOf } from "../../../domain/ranges.js";
import { hasCode } from "../../../domain/tapeline-error.js";
import { CANDLE_COLUMNS, type CandleRow, candleOf } from "../../merge/candle-columns.js";
import { withFlatCandles } from "./flat-candles.js";
import { type NotBuilt, notBuilt, notBuiltWithin, requireBuilt } from "./not-built.js";

export interface CandleQuery {
  market: Market;
  interval: Interval;
  /** Open time, epoch ms, inclusive. */
  start?: number;
  /** Exclusive. */
  end?: number;
  /** Without `start`: the newest, but none that opens before this. */
  since?: number;
  limit: number;
}

interface Page {
  market: { id: number; name: string; ids: IdKind };
  candles: CandleRow[] | null;
  /** A multirange, as `blind`. */
  ranges: string | null;
  oldest: string | null;
  newest: string | null;
  blind: string | null;
  missing: NotBuilt | null;
}

/** The pool, or one transaction. */
export type Reader = Pick<DataSource, "query">;

@Injectable()
export class CandleStore {
  constructor(private readonly source: DataSource) {}

  /**
   * Ascending: the oldest from `start` on, or without `start` the newest (before `end`). Throws
   * `not_built` where candles would be missing among them.
   */
  async page(query: CandleQuery): Promise<Candle[]> {
    return (await this.readPage(query)).candles;
  }

  /** As `page`, with flat candles in empty buckets (`withFlatCandles`). */
  async filled(query: CandleQuery): Promise<Candle[]> {
    const { interval, start, limit } = query;
    const { candles, coverage } = await this.readPage(query);
    if (start === undefined) return withFlatCandles(candles, coverage, limit, "newest");
    // The candle before the page gives the price of the empty buckets at its beginning.
    const before = await this.lastBefore(query.market, interval, start);
    if (before === undefined) return withFlatCandles(candles, coverage, limit, "oldest");
    const first = firstOpenTime(interval, start);
    return withFlatCandles(
      [{ ...before, closeTime: first - 1 }, ...candles],
      coverage,
      limit + 1,
      "oldest",
    ).slice(1);
  }

  /** Throws `not_built` unless all candles are there that open in this time. */
  async requireBuilt(market: Market, interval: Interval, { from, to }: TimeRange): Promise<void> {
    const first = firstOpenTime(interval, from);
    if (first < to) await requireBuilt(this.source, market, interval, { from: first, to });
  }

  /** Undefined also where it is not built: its price is not known then. */
  private async lastBefore(
    market: Market,
    interval: Interval,
    end: number,
  ): Promise<Candle | undefined> {
    try {
      return (await this.page({ market, interval, end, limit: 1 }))[0];
    } catch (error) {
      if (hasCode(error, "not_built")) return undefined;
      throw error;
    }
  }

  /** One minute candles of one or all markets that open at or after `from`, by market and time. */
  async minutes(market: Market | undefined, from: number): Promise<Candle[]> {
    const markets: { name: string }[] = await this.source.query(
      `SELECT name FROM market WHERE $1::text IS NULL OR name = $1 ORDER BY name`,
      [market ?? null],
    );
    const candles: Candle[] = [];
    for (const { name } of markets)
      candles.push(
        ...(await this.page({
          market: name,
          interval: "1m",
          start: from,
          limit: 3_000,
        })),
      );
    return candles;
  }

  /** A market's open candles and the newest closed one of each interval. */
  async current(market: Market): Promise<Candle[]> {
    const { candles } = await this.read(
      `SELECT c.* FROM candle c JOIN market m ON m.id = c.market_id WHERE m.name = $1 AND NOT c.closed
       UNION ALL
       SELECT c.* FROM market m, unnest(enum_range(NULL::candle_interval)) i, LATERAL (
         SELECT * FROM candle n WHERE n.market_id = m.id AND n.interval = i AND n.closed ORDER BY n.open_time DESC LIMIT 1) c
       WHERE m.name = $1`,
      [market],
    );
    return candles;
  }

  /**
   * The candles of a market with these keys, as far as they exist; `reader` may be a transaction.
   */
  async exact(
    market: Market,
    keys: readonly { interval: Interval; openTime: number }[],
    reader: Reader = this.source,
  ): Promise<Candle[]> {
    const { candles } = await this.read(
      `SELECT c.* FROM market m, unnest($2::candle_interval[], $3::bigint[]) AS k (interval, open_time)
       JOIN candle c ON true WHERE m.name = $1 AND c.market_id = m.id AND c.interval = k.interval AND c.open_time = k.open_time`,
      [market, keys.map(({ interval }) => interval), keys.map(({ openTime }) => openTime)],
      reader,
    );
    return candles;
  }

  private async readPage(query: CandleQuery): Promise<{ candles: Candle[]; coverage: Coverage }> {
    const { market, interval, start, since = 0 } = query;
    const order = start === undefined ? "DESC" : "ASC";
    // The times of which this page gives all candles: up to its last one, if there may be more.
    const span =
      order === "ASC"
        ? "int8range($3, greatest($3, CASE WHEN r.rows >= $5 THEN r.last + 1 ELSE $4 END))"
        : "int8range(CASE WHEN r.rows >= $5 THEN r.first ELSE $3 END, $4)";
    const { missing, ...page } = await this.read(
      `SELECT c.* FROM candle c WHERE c.market_id = (SELECT id FROM market WHERE name = $1) AND c.interval = $2
         AND c.open_time >= $3 AND c.open_time < $4 ORDER BY c.open_time ${order} LIMIT $5`,
      [
        market,
        interval,
        firstOpenTime(interval, start ?? since),
        query.end ?? Number.MAX_SAFE_INTEGER,
        query.limit,
      ],
      this.source,
      `(SELECT ${notBuiltWithin("$2", "span")} FROM reach r, LATERAL (SELECT ${span} AS span) s)`,
    );
    if (missing !== null) throw notBuilt(market, interval, missing);
    return page;
  }

  /**
   * `selection` selects candles of market $1, and `missing` what is not built of them. One
   * statement, so that candles, market and coverage are of one snapshot.
   */
  private async read(
    selection: string,
    parameters: unknown[],
    reader: Reader = this.source,
    missing = "NULL",
  ): Promise<{ candles: Candle[]; coverage: Coverage; missing: NotBuilt | null }> {
    const rows: { page: Page }[] = await reader.query(
      `WITH page AS MATERIALIZED (${selection}), reach AS (
         SELECT min(id_from) - 1 AS lowest, max(id_to) + 1 AS highest, min(open_time) AS first, max(close_time) AS last,
           count(*) AS rows
         FROM page
       )
       SELECT json_build_object(
         'market', json_build_object('id', m.id, 'name', m.name, 'ids', m.ids),
         'candles', (SELECT json_agg(json_build_array(${CANDLE_COLUMNS}) ORDER BY c.interval, c.open_time) FROM page c),
         'ranges', (SELECT range_agg(x)::text
           FROM reach, unnest(known_ids(m.covered, m.void)) x WHERE upper(x) >= reach.lowest AND lower(x) <= reach.highest),
         'oldest', lower(m.covered)::text, 'newest', upper(m.covered)::text,
         'blind', (SELECT range_agg(x)::text
           FROM reach, unnest(m.blind) x WHERE upper(x) > reach.first AND lower(x) <= reach.last),
         'missing', ${missing}) AS page
       FROM market m WHERE m.name = $1`,
      parameters,
    );
    const page = rows[0]?.page;
    const coverage: Coverage = {
      ranges: idRangesOf(page?.ranges ?? "{}"),
      oldest: BigInt(page?.oldest ?? 0),
      newest: BigInt(page?.newest ?? 0),
      unwatched: timeRangesOf(page?.blind ?? "{}"),
    };
    if (page === undefined) return { candles: [], coverage, missing: null };
    const { market } = page;
    return {
      candles: (page.candles ?? []).map((row) => candleOf(row, market, coverage)),
      coverage,
      missing: page.missing,
    };
  }
}

/** Open time of the first bucket that begins at or after `time`. */
function firstOpenTime(interval: Interval, time: number): number {
  const bucket = openTimeOf(interval, time);
  return bucket === time ? time : nextOpenTime(interval, bucket);
}
