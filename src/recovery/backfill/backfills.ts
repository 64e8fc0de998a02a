import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Inject, Injectable, Logger } from "@nestjs/common";
import { CONFIG, type Config } from "../../config/config.js";
import { parseMarket } from "../../domain/market.js";
import {
  TapelineError,
  canRetry,
  hasCode,
} from "../../domain/tapeline-error.js";
import { BulkStore } from "../../persistence/merge/bulk-store.js";
import {
  BackfillStore,
  type BackfillWork,
  backfillGone,
} from "../../persistence/stores/backfill-store.js";
import { Transport } from "../../streaming/transport.js";
import { FollowedMarkets } from "../../venues/followed-markets.js";
import { VenueHosts } from "../../venues/rest/venue-hosts.js";
import { Venues } from "../../venues/venues.js";
import { Backoff } from "../../waiting/backoff.js";
import { pause } from "../../waiting/pause.js";
import { MarketClaims } from "../market-claims.js";
import { HoleProof } from "../repair/hole-proof.js";
import { BackfillFigures } from "./backfill-figures.js";
import { BackfillJob } from "./backfill-job.js";
import { widened } from "./backfill-plan.js";
import { BackfillRun } from "./backfill-run.js";

const POLL_MS = 1_000;
const TELL_MS = 1_000;
const FIRST_DELAY_MS = 5_000;
const MAX_DELAY_MS = 300_000;
/** Without getting on at all: about three quarters of an hour. */
const MAX_ATTEMPTS = 16;
/** Of markets that are followed for the first time, whatever else is under way. */
const BOOTSTRAPS = 4;
/** Jobs looked at in a round. */
const MAX_DUE = 50;

/** Jobs that load history, worked on by whichever process has room; one that dies leaves its job to the others. */
@Injectable()
export class Backfills {
  private readonly logger = new Logger("Backfill");
  private readonly jobs = new Map<number, Promise<void>>();
  private readonly bootstraps = new Map<number, Promise<void>>();
  /** Why each job is tried again, as far as it was told. */
  private readonly troubles = new Map<number, string>();
  private readonly stopping = new AbortController();
  private polling: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly store: BackfillStore,
    private readonly bulk: BulkStore,
    private readonly venues: Venues,
    private readonly hosts: VenueHosts,
    private readonly transport: Transport,
    private readonly claims: MarketClaims,
    private readonly followed: FollowedMarkets,
    private readonly figures: BackfillFigures,
    private readonly proof: HoleProof,
  ) {}

  /** Works on what anybody asks for, `BACKFILL_JOBS` at once. */
  start(): void {
    if (this.config.backfillJobs === 0) return;
    this.polling ??= this.poll().catch((error: unknown) =>
      this.logger.error(`No more backfills are begun: ${String(error)}`),
    );
  }

  /** Jobs under way are left to others, or to the next start. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error("the process ends"));
    await this.polling;
    await Promise.all([...this.jobs.values(), ...this.bootstraps.values()]);
  }

  /** For a process that works on this job alone. False when it has ended. */
  async workWhenDue(id: number): Promise<boolean> {
    const job = await this.store.find(id);
    if (job === undefined || job.endedAt !== null) return false;
    const isDue = (await this.store.due(MAX_DUE)).some((due) => due.id === id);
    if (!isDue || !(await this.claims.claimJob(String(id)))) return true;
    await this.work(id);
    await this.claims.releaseJob(String(id));
    return true;
  }

  /** One job to its end, or as far as it comes. */
  async work(id: number): Promise<void> {
    const work = await this.store.start(id);
    if (work === undefined) return;
    const { market } = work;
    const cancelling = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, cancelling.signal]);
    let telling: NodeJS.Timeout | undefined;
    this.figures.jobs.inc();
    try {
      const job = await this.jobOf(work, signal);
      const tell = async (): Promise<void> => {
        const { doing, rate } = job;
        const state = await this.store.tell(id, {
          doing,
          rate: rate.perSecond(),
        });
        if (state !== "running") cancelling.abort(backfillGone(id));
      };
      telling = setInterval(
        () =>
          void tell().catch((error: unknown) =>
            this.logger.debug(`Backfill ${id}: ${String(error)}`),
          ),
        TELL_MS,
      );
      const { config, bulk, hosts, transport, proof } = this;
      const parts = { config, bulk, hosts, transport, proof };
      if (!this.troubles.has(id))
        this.logger.log(
          `Backfill ${id} of ${market} begins at ${timeText(job.reached)}`,
        );
      await new BackfillRun(job, parts).run();
      await this.store.finish(id);
      this.troubles.delete(id);
      this.logger.log(`Backfill ${id} of ${market} is done`);
    } catch (error) {
      await this.settle(
        work,
        cancelling.signal.aborted ? cancelling.signal.reason : error,
      ).catch((second: unknown) =>
        this.logger.warn(`Backfill ${id} is begun again: ${String(second)}`),
      );
    } finally {
      clearInterval(telling);
      this.figures.jobs.dec();
      this.figures.progress.remove({ job: String(id) });
      if (work.askedBy === "bootstrap") this.followed.tellHistory(market, null);
    }
  }

  private async poll(): Promise<void> {
    const { signal } = this.stopping;
    await this.forgetFiles();
    while (!signal.aborted) {
      await this.begin().catch((error: unknown) =>
        this.logger.debug(`Jobs cannot be read: ${String(error)}`),
      );
      await pause(POLL_MS, signal);
    }
  }

  private async begin(): Promise<void> {
    for (const { id, askedBy } of await this.store.due(MAX_DUE)) {
      const isBootstrap = askedBy === "bootstrap";
      const room = isBootstrap ? this.bootstraps : this.jobs;
      const most = isBootstrap ? BOOTSTRAPS : this.config.backfillJobs;
      if (this.stopping.signal.aborted) return;
      if (this.bootstraps.has(id) || this.jobs.has(id) || room.size >= most)
        continue;
      if (!(await this.claims.claimJob(String(id)))) continue;
      const done = this.work(id)
        .then(() => this.claims.releaseJob(String(id)))
        .catch((error: unknown) =>
          this.logger.warn(`Backfill ${id}: ${String(error)}`),
        )
        .finally(() => room.delete(id));
      room.set(id, done);
    }
  }

  private async jobOf(
    work: BackfillWork,
    signal: AbortSignal,
  ): Promise<BackfillJob> {
    const name = parseMarket(work.market);
    const venue = this.venues.get(name?.venue ?? "");
    if (name === undefined || venue === undefined)
      throw new TapelineError(
        "backfill_impossible",
        `${work.market} is of a venue without history; there is history of ${this.venues.withHistory.map((it) => it.name).join(", ")}`,
      );
    if (!venue.symbols.pattern.test(name.symbol))
      throw new TapelineError(
        "backfill_impossible",
        `a symbol of ${venue.name} must be ${venue.symbols.rule}, not ${name.symbol}`,
      );
    const known = await this.bulk.known(work.market);
    const kind = known?.kind ?? venue.bulk?.usual ?? "raw";
    const { from, to } = widened(work, await this.bulk.horizon());
    const reached = Math.max(
      from,
      work.reached === work.from ? from : work.reached,
    );
    return new BackfillJob(
      { ...work, from, to, reached },
      venue,
      name.symbol,
      kind,
      signal,
      this.store,
      (progress, read) => this.told(work, progress, read),
    );
  }

  private told(
    { id, market, askedBy }: BackfillWork,
    progress: number,
    read: number,
  ): void {
    this.troubles.delete(id);
    this.figures.trades.inc(read);
    this.figures.progress.set({ job: String(id) }, progress);
    if (askedBy === "bootstrap") this.followed.tellHistory(market, progress);
  }

  /** Says in the job's row what became of it. */
  private async settle(work: BackfillWork, error: unknown): Promise<void> {
    const { id, market } = work;
    const message = error instanceof Error ? error.message : String(error);
    const told = this.troubles.get(id);
    this.troubles.delete(id);
    if (hasCode(error, "backfill_gone")) {
      this.logger.log(`Backfill ${id} of ${market} is cancelled`);
    } else if (this.stopping.signal.aborted) {
      await this.store.release(id);
    } else if (
      !canRetry(error) ||
      (await this.attemptsOf(id)) >= MAX_ATTEMPTS
    ) {
      this.logger.error(`Backfill ${id} of ${market} has failed: ${message}`);
      await this.store.fail(id, message);
    } else {
      const attempts = await this.attemptsOf(id);
      const waitMs = new Backoff(FIRST_DELAY_MS, MAX_DELAY_MS, attempts).next();
      if (told !== message)
        this.logger.warn(
          `Backfill ${id} of ${market} is tried again in ${Math.ceil(waitMs / 1_000)} s, then with growing pauses: ${message}`,
        );
      this.troubles.set(id, message);
      await this.store.postpone(id, message, waitMs);
    }
  }

  private async attemptsOf(id: number): Promise<number> {
    return (await this.store.attempts(id)) ?? MAX_ATTEMPTS;
  }

  /** Of jobs that a process before this one did not end. */
  private async forgetFiles(): Promise<void> {
    const folder = join(this.config.dataDir, "backfill");
    const names = await readdir(folder).catch(() => []);
    for (const name of names) {
      const job = await this.store.find(Number(name)).catch(() => undefined);
      if (job === undefined || job.endedAt !== null)
        await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

function timeText(time: number): string {
  return new Date(time).toISOString();
}
