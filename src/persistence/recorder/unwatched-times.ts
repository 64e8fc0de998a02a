import { Inject, Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import { CONFIG, type Config } from "../../config/config.js";
import { type FeedState, isLater } from "../../domain/feed-state.js";
import { type TimeRange, multirangeOf } from "../../domain/ranges.js";
import { unwatchedBetween } from "../../domain/feed-watch.js";
import { intervalColumns, literal } from "../merge/write-batch.js";
import { sqlFile } from "../schema/sql-file.js";
import { inTransaction } from "../schema/transaction.js";

const LOCK = sqlFile(import.meta.url, "../merge/lock-markets.sql");
const MARK = sqlFile(import.meta.url, "mark-unwatched.sql");

/** Records when no process followed a sparse market, whose ids do not show missing trades. */
@Injectable()
export class UnwatchedTimes {
  private readonly columns;

  constructor(
    @Inject(CONFIG) config: Pick<Config, "intervals">,
    private readonly source: DataSource,
  ) {
    this.columns = intervalColumns(config.intervals);
  }

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
    const { names, longest } = this.columns;
    await inTransaction(this.source, async (client) => {
      await client.query(LOCK, [literal([id])]);
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
