import { Injectable } from "@nestjs/common";
import { Between, DataSource, In, LessThan, type EntityManager, type Repository } from "typeorm";
import type { QueryDeepPartialEntity } from "typeorm/query-builder/QueryPartialEntity.js";
import type { Market } from "../../../domain/market.js";
import { TapelineError } from "../../../domain/tapeline-error.js";
import { DAY_MS } from "../../../domain/units.js";
import type { InTransaction } from "../../merge/bulk-load.js";
import {
  BackfillEntity,
  type BackfillRequester,
  type BackfillState,
} from "../../schema/entities/backfill.entity.js";
import {
  OPEN_STATES,
  type Step,
  advanced,
  now,
  openBackfills,
  updating,
} from "./backfill-changes.js";
import { type Backfill, type BackfillWork, backfillOf, workOf } from "./backfill-row.js";

export type { Backfill, BackfillWork } from "./backfill-row.js";

/** Longest time that one job may load. */
export const MAX_SPAN_MS = 3_660 * DAY_MS;
/** Open jobs, waiting or running; bootstraps do not count. */
export const MAX_OPEN = 100;
const MAX_NOTES = 50;

/** The job has been cancelled, or is no longer running in this process. */
export function backfillGone(id: number): TapelineError {
  return new TapelineError("backfill_gone", `backfill ${id} is no longer running`);
}

/** Jobs that load history. Requesters insert rows, workers update them. */
@Injectable()
export class BackfillStore {
  private readonly jobs: Repository<BackfillEntity>;

  constructor(source: DataSource) {
    this.jobs = source.getRepository(BackfillEntity);
  }

  /**
   * Inserts a job. Undefined when `MAX_OPEN` jobs are open, or when this market has a bootstrap
   * already.
   */
  async request(job: {
    market: Market;
    from: number;
    to: number;
    askedBy: BackfillRequester;
  }): Promise<Backfill | undefined> {
    const { market, from, to, askedBy } = job;
    const { manager } = this.jobs;
    return manager.transaction("READ COMMITTED", async (transaction) => {
      if (askedBy !== "bootstrap" && (await openBackfills(transaction)) >= MAX_OPEN)
        return undefined;
      const inserted = await transaction
        .createQueryBuilder()
        .insert()
        .into(BackfillEntity)
        .values({ market, from, to, askedBy, reached: from })
        .orIgnore()
        .returning("id")
        .updateEntity(false)
        .execute();
      const [row] = inserted.raw as { id: number }[];
      return row && backfillOf(await this.row(row.id, transaction));
    });
  }

  async find(id: number): Promise<Backfill | undefined> {
    const job = await this.jobs.findOneBy({ id });
    return job === null ? undefined : backfillOf(job);
  }

  /**
   * An open job of the command line for the same times. Its end may be up to a day earlier: it may
   * have been "now".
   */
  async openLike(times: {
    market: Market;
    from: number;
    to: number;
  }): Promise<Backfill | undefined> {
    const { market, from, to } = times;
    const job = await this.jobs.findOne({
      where: {
        market,
        from,
        to: Between(to - DAY_MS, to),
        askedBy: "command",
        state: In(OPEN_STATES),
      },
      order: { id: "ASC" },
    });
    return job === null ? undefined : backfillOf(job);
  }

  /** Newest first; `before` gives jobs with lower ids. */
  async list(page: { market?: Market; before?: number; limit: number }): Promise<Backfill[]> {
    const { market, before, limit } = page;
    const jobs = await this.jobs.find({
      where: {
        ...(market === undefined ? {} : { market }),
        ...(before === undefined ? {} : { id: LessThan(before) }),
      },
      order: { id: "DESC" },
      take: limit,
    });
    return jobs.map(backfillOf);
  }

  /** Cancels an open job and returns the job; an ended one is unchanged. Loaded trades stay. */
  async cancel(id: number): Promise<Backfill | undefined> {
    await this.update(id, { state: "cancelled", rate: 0, doing: null, endedAt: now }, OPEN_STATES);
    return this.find(id);
  }

  /**
   * Open jobs whose next try is due, bootstraps first. Another process may be running them: claim
   * one before `start`.
   */
  due(limit: number): Promise<Pick<BackfillEntity, "id" | "askedBy">[]> {
    return (
      this.jobs
        .createQueryBuilder("job")
        .select(["job.id", "job.askedBy"])
        .where({
          state: In(OPEN_STATES),
        })
        // A row that was changed in the future was dated by a clock that has been set back.
        .andWhere("(job.nextTryAt <= now() OR job.changedAt > now())")
        .orderBy("job.asked_by <> 'bootstrap'")
        .addOrderBy("job.id")
        .limit(limit)
        .getMany()
    );
  }

  /** Failed attempts since its last progress; undefined when there is no such job. */
  async attempts(id: number): Promise<number | undefined> {
    const job = await this.jobs.findOne({
      select: { id: true, attempts: true },
      where: { id },
    });
    return job?.attempts;
  }

  /** Starts or resumes a job that the caller has claimed. Undefined when it has ended. */
  async start(id: number): Promise<BackfillWork | undefined> {
    const isOpen = await this.update(
      id,
      {
        state: "running",
        problem: null,
        startedAt: () => "coalesce(started_at, now())",
      },
      OPEN_STATES,
    );
    if (!isOpen) return undefined;
    const job = await this.row(id);
    // It may have been cancelled meanwhile.
    return job.state === "running" ? workOf(job) : undefined;
  }

  /**
   * Advances a job in the transaction that stores its trades. Throws `backfill_gone` when it no
   * longer runs, so that they are not stored.
   */
  advancing(
    id: number,
    step: () => { reached: number; read: number; progress: number },
  ): InTransaction {
    return async (client, stored) => {
      const statement = advanced(this.jobs, id, { ...step(), stored });
      const { rowCount } = await client.query(...statement.getQueryAndParameters());
      if (rowCount === 0) throw backfillGone(id);
    };
  }

  /** The same for trades that a topic has accepted. */
  async advance(id: number, step: Step): Promise<void> {
    const { affected } = await advanced(this.jobs, id, step).execute();
    if (affected === 0) throw backfillGone(id);
  }

  /** Stores progress and returns the state, by which a worker sees that its job was cancelled. */
  async report(
    id: number,
    progress: { doing: string; rate: number },
  ): Promise<BackfillState | undefined> {
    await this.update(id, progress);
    return (await this.find(id))?.state;
  }

  /** Adds a note, unless the job has the same one or 50 already. */
  async note(id: number, note: string): Promise<void> {
    await updating(this.jobs, id, {
      notes: () =>
        `CASE WHEN notes ? :note OR jsonb_array_length(notes) >= ${MAX_NOTES} THEN notes ELSE notes || to_jsonb(:note::text) END`,
    })
      .setParameter("note", note)
      .execute();
  }

  /** Adds days of which trades could not be loaded. */
  async miss(id: number, days: readonly string[]): Promise<void> {
    await updating(this.jobs, id, {
      missing: () =>
        `(SELECT coalesce(jsonb_agg(DISTINCT day ORDER BY day), '[]') FROM jsonb_array_elements(missing || :days::jsonb) day)`,
    })
      .setParameter("days", JSON.stringify(days))
      .execute();
  }

  async addConflicts(id: number, count: number): Promise<void> {
    await updating(this.jobs, id, { conflicts: () => "conflicts + :count" })
      .setParameter("count", count)
      .execute();
  }

  async finish(id: number): Promise<void> {
    await this.update(id, {
      state: () => "CASE WHEN missing = '[]' THEN 'done' ELSE 'incomplete' END::backfill_state",
      reached: () => "to_time",
      progress: 1,
      rate: 0,
      doing: null,
      problem: null,
      endedAt: now,
    });
  }

  async fail(id: number, problem: string): Promise<void> {
    await this.update(id, {
      state: "failed",
      rate: 0,
      doing: null,
      problem,
      endedAt: now,
    });
  }

  /** Schedules a retry in `delayMs`, by any process. */
  async postpone(id: number, problem: string, delayMs: number): Promise<void> {
    await updating(this.jobs, id, {
      state: "waiting",
      rate: 0,
      doing: null,
      problem,
      attempts: () => "attempts + 1",
      nextTryAt: () => "now() + :delayMs * interval '1 millisecond'",
    })
      .setParameter("delayMs", delayMs)
      .execute();
  }

  /** Makes the job available to any process, since this one is stopping. */
  async release(id: number): Promise<void> {
    await this.update(id, { state: "waiting", rate: 0, doing: null });
  }

  private row(id: number, manager: EntityManager = this.jobs.manager): Promise<BackfillEntity> {
    return manager.findOneByOrFail(BackfillEntity, { id });
  }

  /** False when the job is in none of the states. */
  private async update(
    id: number,
    changes: QueryDeepPartialEntity<BackfillEntity>,
    states?: BackfillState[],
  ): Promise<boolean> {
    const { affected } = await updating(this.jobs, id, changes, states).execute();
    return affected !== 0;
  }
}
