import { Injectable } from "@nestjs/common";
import {
  Between,
  DataSource,
  In,
  LessThan,
  Raw,
  type EntityManager,
  type Repository,
} from "typeorm";
import type { QueryDeepPartialEntity } from "typeorm/query-builder/QueryPartialEntity.js";
import type { Market } from "../../domain/market.js";
import { TapelineError } from "../../domain/tapeline-error.js";
import { DAY_MS } from "../../domain/units.js";
import type { InTransaction } from "../merge/bulk-load.js";
import {
  BackfillEntity,
  type BackfillRequester,
  type BackfillState,
} from "../schema/backfill.entity.js";
import {
  OPEN,
  type Step,
  advanced,
  now,
  openBackfills,
  updating,
} from "./backfill-changes.js";
import {
  type Backfill,
  type BackfillWork,
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

/**
 * Jobs that load history: the rows by which those who ask and those who work talk to each other.
 */
@Injectable()
export class BackfillStore {
  private readonly jobs: Repository<BackfillEntity>;

  constructor(source: DataSource) {
    this.jobs = source.getRepository(BackfillEntity);
  }

  /** Undefined when too many are open, or when this market's bootstrap has been asked for before. */
  async ask(job: {
    market: Market;
    from: number;
    to: number;
    askedBy: BackfillRequester;
  }): Promise<Backfill | undefined> {
    const { market, from, to, askedBy } = job;
    const { manager } = this.jobs;
    return manager.transaction("READ COMMITTED", async (transaction) => {
      if (
        askedBy !== "bootstrap" &&
        (await openBackfills(transaction)) >= MAX_OPEN
      )
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
      const [made] = inserted.raw as { id: number }[];
      return made && backfillOf(await this.row(made.id, transaction));
    });
  }

  async find(id: number): Promise<Backfill | undefined> {
    const job = await this.jobs.findOneBy({ id });
    return job === null ? undefined : backfillOf(job);
  }

  /** A job for the same from the command line that has not ended; its end may have been "now". */
  async openLike(wanted: {
    market: Market;
    from: number;
    to: number;
  }): Promise<Backfill | undefined> {
    const { market, from, to } = wanted;
    const job = await this.jobs.findOne({
      where: {
        market,
        from,
        to: Between(to - DAY_MS, to),
        askedBy: "command",
        state: In(OPEN),
      },
      order: { id: "ASC" },
    });
    return job === null ? undefined : backfillOf(job);
  }

  /** Newest first; `before` continues behind that id. */
  async list(page: {
    market?: Market;
    before?: number;
    limit: number;
  }): Promise<Backfill[]> {
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

  /** What it was stays loaded. The job as it is then; an ended one is left alone. */
  async cancel(id: number): Promise<Backfill | undefined> {
    await this.update(
      id,
      { state: "cancelled", rate: 0, doing: null, endedAt: now },
      OPEN,
    );
    return this.find(id);
  }

  /**
   * Jobs that can be worked on, those of new markets first. Somebody may be at them: see their locks.
   */
  due(limit: number): Promise<Pick<BackfillEntity, "id" | "askedBy">[]> {
    return this.jobs
      .createQueryBuilder("job")
      .select(["job.id", "job.askedBy"])
      .where({ state: In(OPEN), nextTryAt: Raw((at) => `${at} <= now()`) })
      .orderBy("job.asked_by <> 'bootstrap'")
      .addOrderBy("job.id")
      .limit(limit)
      .getMany();
  }

  /** How often it was tried since it last got on. */
  async attempts(id: number): Promise<number | undefined> {
    const job = await this.jobs.findOne({
      select: { id: true, attempts: true },
      where: { id },
    });
    return job?.attempts;
  }

  /** Begins or goes on, for whoever holds its lock. Undefined when it has ended. */
  async start(id: number): Promise<BackfillWork | undefined> {
    const isOpen = await this.update(
      id,
      {
        state: "running",
        problem: null,
        startedAt: () => "coalesce(started_at, now())",
      },
      OPEN,
    );
    return isOpen ? workOf(await this.row(id)) : undefined;
  }

  /**
   * In the transaction that stores what was read up to there; throws `backfill_gone`, so that it is
   * not stored.
   */
  advancing(
    id: number,
    step: () => { reached: number; read: number; progress: number },
  ): InTransaction {
    return async (client, stored) => {
      const statement = advanced(this.jobs, id, { ...step(), stored });
      const { rowCount } = await client.query(
        ...statement.getQueryAndParameters(),
      );
      if (rowCount === 0) throw backfillGone(id);
    };
  }

  /** The same for trades that went over a topic and are safe there. */
  async advance(id: number, step: Step): Promise<void> {
    const { affected } = await advanced(this.jobs, id, step).execute();
    if (affected === 0) throw backfillGone(id);
  }

  /** Returns the state: a worker learns here that its job is cancelled. */
  async tell(
    id: number,
    told: { doing: string; rate: number },
  ): Promise<BackfillState | undefined> {
    await this.update(id, told);
    return (await this.find(id))?.state;
  }

  /** Notes are told once; a job has at most 50. */
  async note(id: number, note: string): Promise<void> {
    await updating(this.jobs, id, {
      notes: () =>
        `CASE WHEN notes ? :note OR jsonb_array_length(notes) >= ${MAX_NOTES} THEN notes ELSE notes || to_jsonb(:note::text) END`,
    })
      .setParameter("note", note)
      .execute();
  }

  async finish(id: number): Promise<void> {
    await this.update(id, {
      state: "done",
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

  /** Somebody tries it again in `delayMs`. */
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

  /** This process ends; another one, or its successor, goes on at once. */
  async release(id: number): Promise<void> {
    await this.update(id, { state: "waiting", rate: 0, doing: null });
  }

  private row(
    id: number,
    manager: EntityManager = this.jobs.manager,
  ): Promise<BackfillEntity> {
    return manager.findOneByOrFail(BackfillEntity, { id });
  }

  /** Whether it was in one of the states. */
  private async update(
    id: number,
    changes: QueryDeepPartialEntity<BackfillEntity>,
    states?: BackfillState[],
  ): Promise<boolean> {
    const { affected } = await updating(
      this.jobs,
      id,
      changes,
      states,
    ).execute();
    return affected !== 0;
  }
}
