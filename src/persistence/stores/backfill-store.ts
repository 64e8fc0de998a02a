import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import type { Market } from "../../domain/market.js";
import { TapelineError } from "../../domain/tapeline-error.js";
import { DAY_MS } from "../../domain/units.js";
import type { InTransaction } from "../merge/bulk-load.js";
import {
  type Backfill,
  type BackfillRequester,
  type BackfillRow,
  type BackfillState,
  type BackfillWork,
  COLUMNS,
  backfillOf,
  workOf,
} from "./backfill-row.js";

export type { Backfill, BackfillWork } from "./backfill-row.js";

/** Longest time that one job may ask for. */
export const MAX_SPAN_MS = 3_660 * DAY_MS;
/** Jobs that may wait or run at once; bootstraps do not count. */
export const MAX_OPEN = 100;
const MAX_NOTES = 50;

/** Somebody has cancelled the job, or another process has it now. */
export function backfillGone(id: number): TapelineError {
  return new TapelineError(
    "backfill_gone",
    `backfill ${id} is not to be gone on with`,
  );
}

/** Jobs that load history: the rows by which those who ask and those who work talk to each other. */
@Injectable()
export class BackfillStore {
  constructor(private readonly source: DataSource) {}

  /** Undefined when too many are open, or when this market's bootstrap has been asked for before. */
  async ask(job: {
    market: Market;
    from: number;
    to: number;
    askedBy: BackfillRequester;
  }): Promise<Backfill | undefined> {
    return this.one(
      `INSERT INTO backfill (market, from_time, to_time, asked_by, reached)
       SELECT $1, $2::bigint, $3::bigint, $4::backfill_asker, $2::bigint
       WHERE $4::backfill_asker = 'bootstrap' OR (SELECT count(*) FROM backfill WHERE state IN ('waiting', 'running') AND asked_by <> 'bootstrap') < $5
       ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
      [job.market, job.from, job.to, job.askedBy, MAX_OPEN],
    );
  }

  find(id: number): Promise<Backfill | undefined> {
    return this.one(`SELECT ${COLUMNS} FROM backfill WHERE id = $1`, [id]);
  }

  /** A job for the same from the command line that has not ended; its end may have been "now". */
  openLike(job: {
    market: Market;
    from: number;
    to: number;
  }): Promise<Backfill | undefined> {
    return this.one(
      `SELECT ${COLUMNS} FROM backfill WHERE market = $1 AND from_time = $2 AND to_time BETWEEN $3::bigint - 86400000 AND $3::bigint
         AND asked_by = 'command' AND state IN ('waiting', 'running') ORDER BY id LIMIT 1`,
      [job.market, job.from, job.to],
    );
  }

  /** Newest first; `before` continues behind that id. */
  async list(page: {
    market?: Market;
    before?: number;
    limit: number;
  }): Promise<Backfill[]> {
    const rows: BackfillRow[] = await this.source.query(
      `SELECT ${COLUMNS} FROM backfill WHERE ($1::text IS NULL OR market = $1) AND id < $2 ORDER BY id DESC LIMIT $3`,
      [page.market ?? null, page.before ?? 2 ** 31 - 1, page.limit],
    );
    return rows.map(backfillOf);
  }

  /** What it was stays loaded. The job as it is then; an ended one is left alone. */
  async cancel(id: number): Promise<Backfill | undefined> {
    await this.source.query(
      `UPDATE backfill SET state = 'cancelled', rate = 0, doing = NULL, ended_at = now(), changed_at = now()
       WHERE id = $1 AND state IN ('waiting', 'running')`,
      [id],
    );
    return this.find(id);
  }

  /** Jobs that can be worked on, those of new markets first. Somebody may be at them: see their locks. */
  async due(
    limit: number,
  ): Promise<{ id: number; askedBy: BackfillRequester }[]> {
    return this.source.query(
      `SELECT id, asked_by AS "askedBy" FROM backfill WHERE state IN ('waiting', 'running') AND next_try_at <= now()
       ORDER BY asked_by <> 'bootstrap', id LIMIT $1`,
      [limit],
    );
  }

  /** How often it was tried since it last got on. */
  async attempts(id: number): Promise<number | undefined> {
    const rows: { attempts: number }[] = await this.source.query(
      "SELECT attempts FROM backfill WHERE id = $1",
      [id],
    );
    return rows[0]?.attempts;
  }

  /** Begins or goes on, for whoever holds its lock. Undefined when it has ended. */
  async start(id: number): Promise<BackfillWork | undefined> {
    const { rows } = await this.update(
      id,
      "state = 'running', problem = NULL, started_at = coalesce(started_at, now())",
      [],
      "state IN ('waiting', 'running')",
    );
    return rows[0] === undefined ? undefined : workOf(rows[0]);
  }

  /** In the transaction that stores what was read up to there; throws `backfill_gone`, so that it is not stored. */
  advancing(
    id: number,
    step: () => { reached: number; read: number; progress: number },
  ): InTransaction {
    return async (client, stored) => {
      const { reached, read, progress } = step();
      const { rowCount } = await client.query(
        `UPDATE backfill SET reached = $2, read = read + $3, stored = stored + $4, progress = $5, attempts = 0, problem = NULL, changed_at = now()
         WHERE id = $1 AND state = 'running'`,
        [id, reached, read, stored, progress],
      );
      if (rowCount === 0) throw backfillGone(id);
    };
  }

  /** The same for trades that went over a topic and are safe there. */
  async advance(
    id: number,
    step: {
      reached: number;
      read: number;
      stored: number;
      progress: number;
      lowestId?: string;
    },
  ): Promise<void> {
    const { reached, read, stored, progress, lowestId = null } = step;
    const { rows } = await this.update(
      id,
      "reached = $2, read = read + $3, stored = stored + $4, progress = $5, lowest_id = coalesce($6, lowest_id), attempts = 0, problem = NULL",
      [reached, read, stored, progress, lowestId],
    );
    if (rows.length === 0) throw backfillGone(id);
  }

  /** Returns the state: a worker learns here that its job is cancelled. */
  async tell(
    id: number,
    told: { doing: string; rate: number },
  ): Promise<BackfillState | undefined> {
    await this.update(id, "doing = $2, rate = $3", [told.doing, told.rate]);
    return (await this.find(id))?.state;
  }

  /** Notes are told once; a job has at most 50. */
  async note(id: number, text: string): Promise<void> {
    await this.update(
      id,
      `notes = CASE WHEN notes ? $2 OR jsonb_array_length(notes) >= ${MAX_NOTES} THEN notes ELSE notes || to_jsonb($2::text) END`,
      [text],
    );
  }

  async finish(id: number): Promise<void> {
    await this.update(
      id,
      "state = 'done', reached = to_time, progress = 1, rate = 0, doing = NULL, problem = NULL, ended_at = now()",
      [],
    );
  }

  async fail(id: number, problem: string): Promise<void> {
    await this.update(
      id,
      "state = 'failed', rate = 0, doing = NULL, problem = $2, ended_at = now()",
      [problem],
    );
  }

  /** Somebody tries it again in `delayMs`. */
  async postpone(id: number, problem: string, delayMs: number): Promise<void> {
    await this.update(
      id,
      "state = 'waiting', rate = 0, doing = NULL, problem = $2, attempts = attempts + 1, next_try_at = now() + $3 * interval '1 millisecond'",
      [problem, delayMs],
    );
  }

  /** This process ends; another one, or its successor, goes on at once. */
  async release(id: number): Promise<void> {
    await this.update(id, "state = 'waiting', rate = 0, doing = NULL", []);
  }

  private async update(
    id: number,
    changes: string,
    values: unknown[],
    condition = "state = 'running'",
  ): Promise<{ rows: BackfillRow[] }> {
    const [rows] = await this.source.query<[BackfillRow[], number]>(
      `UPDATE backfill SET ${changes}, changed_at = now() WHERE id = $1 AND ${condition} RETURNING ${COLUMNS}`,
      [id, ...values],
    );
    return { rows };
  }

  private async one(
    sql: string,
    values: unknown[],
  ): Promise<Backfill | undefined> {
    const rows: BackfillRow[] = await this.source.query(sql, values);
    return rows[0] === undefined ? undefined : backfillOf(rows[0]);
  }
}
