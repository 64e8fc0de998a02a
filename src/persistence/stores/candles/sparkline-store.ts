import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Interval } from "../../../domain/interval.js";
import type { Market } from "../../../domain/market.js";
import { DAY_MS } from "../../../domain/units.js";

/** Closes of the 24 h up to a market's newest candle, ascending. */
export interface Sparkline {
  market: Market;
  interval: Interval;
  /** Epoch ms. */
  openTimes: number[];
  closes: string[];
}

@Injectable()
export class SparklineStore {
  constructor(private readonly source: DataSource) {}

  /** Markets with a candle, by name; the first 10,000. */
  async all(interval: Interval): Promise<Sparkline[]> {
    const rows: { line: Sparkline }[] = await this.source.query(
      `SELECT json_build_object('market', m.name, 'interval', i.interval, 'openTimes', day.times, 'closes', day.closes) AS line
       FROM market m
       CROSS JOIN LATERAL (
         -- Minutes are built always.
         SELECT CASE WHEN EXISTS (SELECT FROM unbuilt u WHERE u.market_id = m.id AND u.interval = $1::candle_interval AND NOT isempty(u.times))
           THEN '1m' ELSE $1::candle_interval END AS interval
       ) i
       CROSS JOIN LATERAL (
         SELECT max(open_time) AS open_time FROM candle WHERE market_id = m.id AND interval = i.interval
       ) newest
       CROSS JOIN LATERAL (
         SELECT json_agg(c.open_time ORDER BY c.open_time) AS times,
           json_agg(trim_scale(c.close)::text ORDER BY c.open_time) AS closes
         FROM candle c
         WHERE c.market_id = m.id AND c.interval = i.interval AND c.open_time > newest.open_time - $2::bigint
       ) day
       WHERE day.times IS NOT NULL ORDER BY m.name LIMIT 10000`,
      [interval, DAY_MS],
    );
    return rows.map(({ line }) => line);
  }
}
