import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import { type FeedState, isLater } from "../../domain/feed-state.js";
import { type TimeRange, multirangeOf } from "../../domain/ranges.js";
import { unwatchedBetween } from "../../domain/feed-watch.js";
import { EVERY_INTERVAL } from "../merge/interval-columns.js";
import { lockMarkets } from "../merge/tape-writer.js";
import { sqlFile } from "../schema/sql-file.js";
import { inTransaction } from "../schema/transaction.js";

const MARK = sqlFile(import.meta.url, "mark-unwatched.sql");

/** Records when no process followed a sparse market, whose ids do not show missing trades. */
@Injectable()
export class UnwatchedTimes {
  constructor(private readonly source: DataSource) {}

  /**
   * Takes states in any order, before they are saved: they are compared with the stored ones.
   * Idempotent.
   */
  async note(states: readonly FeedState[]): Promise<void> {
    if (states.length === 0) return;
    const before: { id: number; state: FeedState }[] = await this.source.query(
      `SELECT m.id, f.state FROM market m JOIN feed f ON f.market = m.name WHERE m.ids = 'sparse' AND m.name = ANY ($1::text[]) ORDER BY m.id`,
      [[...new Set(states.map(({ market }) => market))]],
    );
    for (const { id, state } of before) {
      const unwatched = unwatchedAmong(
        state,
        states.filter(({ market }) => market === state.market),
      );
      if (unwatched.length > 0) await this.mark(id, unwatched);
    }
  }

  private async mark(id: number, unwatched: readonly TimeRange[]): Promise<void> {
    const { names, longest } = EVERY_INTERVAL;
    await inTransaction(this.source, async (client) => {
      await lockMarkets(client, [id]);
      await client.query(MARK, [id, multirangeOf(unwatched), names, longest]);
    });
  }
}

function unwatchedAmong(stored: FeedState, states: readonly FeedState[]): TimeRange[] {
  const unwatched: TimeRange[] = [];
  let before = stored;
  for (const state of [...states].sort((a, b) => (isLater(a, b) ? 1 : -1))) {
    if (!isLater(state, before)) continue;
    const range = unwatchedBetween(before, state);
    if (range !== undefined) unwatched.push(range);
    before = state;
  }
  return unwatched;
}
