import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Interval } from "../../domain/interval.js";

/**
 * Which intervals are stored: one set for all processes of a database, since each merge has to know
 * what the others leave out.
 */
@Injectable()
export class StoredIntervals {
  constructor(private readonly source: DataSource) {}

  /** Makes these the stored ones; returns what changed by it, shortest first. */
  async keep(intervals: readonly Interval[]): Promise<{ added: Interval[]; removed: Interval[] }> {
    return this.source.transaction(async (manager) => {
      // Processes that start together do so one after the other.
      await manager.query("LOCK TABLE stored_interval IN SHARE ROW EXCLUSIVE MODE");
      const [removed] = await manager.query<[{ interval: Interval }[], number]>(
        "DELETE FROM stored_interval WHERE interval <> ALL ($1::candle_interval[]) RETURNING interval",
        [intervals],
      );
      const added = await manager.query<{ interval: Interval }[]>(
        "INSERT INTO stored_interval SELECT unnest($1::candle_interval[]) ON CONFLICT DO NOTHING RETURNING interval",
        [intervals],
      );
      const names = (rows: { interval: Interval }[]): Interval[] =>
        rows.map(({ interval }) => interval);
      return { added: names(added), removed: names(removed) };
    });
  }
}
