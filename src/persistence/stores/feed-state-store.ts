import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import { type FeedState, isLater, stateAt } from "../../domain/feed-state.js";
import type { Market } from "../../domain/market.js";
import { FeedEntity } from "../schema/entities/feed.entity.js";

/** A stored state that is ahead of the database by this was dated by a clock that has been set back. */
const AHEAD_MS = 60_000;

/** Skew (ms) of a row's state, where those of both rows are known. */
const SKEW = (row: string): string =>
  `CASE WHEN f.state #>> '{clock,skewMs}' IS NOT NULL AND EXCLUDED.state #>> '{clock,skewMs}' IS NOT NULL
     THEN (${row}.state #>> '{clock,skewMs}')::float8 ELSE 0 END`;

/**
 * The newest state of each market's feed, so that API and health need not run in the ingesting
 * process.
 */
@Injectable()
export class FeedStateStore {
  constructor(private readonly source: DataSource) {}

  /** By market, aged to the current time; the first 10,000. */
  async all(): Promise<FeedState[]> {
    const rows = await this.source
      .getRepository(FeedEntity)
      .find({ order: { market: "ASC" }, take: 10_000 });
    const now = Date.now();
    return rows.map(({ state }) => stateAt(state, now));
  }

  /** As `all`, of one market; undefined where none was ever followed. */
  async one(market: Market): Promise<FeedState | undefined> {
    const row = await this.source.getRepository(FeedEntity).findOneBy({ market });
    return row === null ? undefined : stateAt(row.state, Date.now());
  }

  /** An older state never replaces a later one (`isLater`), unless that is of the future. */
  async save(states: readonly FeedState[]): Promise<void> {
    const newest = new Map<string, FeedState>();
    for (const state of states) {
      const known = newest.get(state.market);
      if (known === undefined || !isLater(known, state)) newest.set(state.market, state);
    }
    const sorted = [...newest.values()].sort((a, b) => (a.market < b.market ? -1 : 1));
    await this.source.query(
      `INSERT INTO feed AS f (market, state, at) SELECT * FROM unnest($1::text[], $2::jsonb[], $3::bigint[])
       ON CONFLICT (market) DO UPDATE SET state = EXCLUDED.state, at = EXCLUDED.at
       WHERE EXCLUDED.at + ${SKEW("EXCLUDED")} >= f.at + ${SKEW("f")}
         OR f.at > extract(epoch FROM now()) * 1000 + $4`,
      [
        sorted.map(({ market }) => market),
        sorted.map((state) => JSON.stringify(state)),
        sorted.map(({ at }) => at),
        AHEAD_MS,
      ],
    );
  }
}
