import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Inject, Injectable, Logger } from "@nestjs/common";
import { CONFIG, type Config } from "../../config/config.js";
import { parseMarket, splitMarket } from "../../domain/market.js";
import { plural } from "../../domain/plural.js";
import { TapelineError, canRetry, hasCode } from "../../domain/tapeline-error.js";
import { DAY_MS } from "../../domain/units.js";
import { HistoryLoader } from "../../persistence/merge/history-loader.js";
import {
  BackfillStore,
  type BackfillWork,
  backfillGone,
} from "../../persistence/stores/backfills/backfill-store.js";
import { Transport } from "../../streaming/transport.js";
import { FollowedMarkets } from "../../venues/followed-markets.js";
import { VenueClocks } from "../../venues/clock/venue-clocks.js";
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
import { bulkSource, withoutFiles } from "./bulk-source.js";

const POLL_MS = 1_000;
const REPORT_EVERY_MS = 1_000;
const FIRST_RETRY_MS = 5_000;
const MAX_RETRY_MS = 300_000;
/** Attempts without any progress: about three quarters of an hour. */
const MAX_ATTEMPTS = 16;
/** Concurrent backfills of markets followed for the first time, besides `BACKFILL_JOBS`. */
const MAX_BOOTSTRAPS = 4;
/** Due jobs read per poll. */
const MAX_DUE = 50;

/**
 * Runs the jobs that load history. Any process with room claims a job; if it dies, another one
 * takes over.
 */
@Injectable()
export class Backfills {
  private readonly logger = new Logger("Backfill");
  private readonly jobs = new Map<number, Promise<void>>();
  private readonly bootstraps = new Map<number, Promise<void>>();
  /** The problem of each job that will be retried, as it was last logged. */
  private readonly loggedProblems = new Map<number, string>();
  private readonly stopping = new AbortController();
  private polling: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly store: BackfillStore,
    private readonly bulk: HistoryLoader,
    private readonly venues: Venues,
    private readonly hosts: VenueHosts,
    private readonly clocks: VenueClocks,
    private readonly transport: Transport,
    private readonly claims: MarketClaims,
    private readonly followed: FollowedMarkets,
    private readonly figures: BackfillFigures,
    private readonly proof: HoleProof,
  ) {}

  /** Runs requested jobs, `BACKFILL_JOBS` concurrently. */
  start(): void {
    if (this.config.backfillJobs === 0) return;
    for (const venue of this.venues.all) {
      const isFollowed = this.followed.all.some((name) => splitMarket(name).venue === venue.name);
      const text = isFollowed ? withoutFiles(venue, this.config) : undefined;
      if (text !== undefined) this.logger.log(text);
    }
    this.polling ??= this.poll().catch((error: unknown) =>
      this.logger.error(`Backfill polling ended, no further job will start: ${String(error)}`),
    );
  }

  /** Releases running jobs to other processes, or to the next start. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error("the process ends"));
    await this.polling;
    await Promise.all([...this.jobs.values(), ...this.bootstraps.values()]);
  }

  /** For a process that runs this job only. Resolves to false when the job has ended. */
  async workWhenDue(id: number): Promise<boolean> {
    const job = await this.store.find(id);
    if (job === undefined || job.endedAt !== null) return false;
    const isDue = (await this.store.due(MAX_DUE)).some((due) => due.id === id);
    if (!isDue || !(await this.claims.claimJob(String(id)))) return true;
    await this.work(id);
    await this.claims.releaseJob(String(id));
    return true;
  }

  /** Runs one job until it ends or fails. */
  async work(id: number): Promise<void> {
    const work = await this.store.start(id);
    if (work === undefined) return;
    const { market } = work;
    const cancelling = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, cancelling.signal]);
    let reporting: NodeJS.Timeout | undefined;
    this.figures.jobs.inc();
    try {
      const job = await this.jobOf(work, signal);
      const report = async (): Promise<void> => {
        const { doing, rate } = job;
        const state = await this.store.report(id, {
          doing,
          rate: rate.perSecond(),
        });
        if (state !== "running") cancelling.abort(backfillGone(id));
      };
      reporting = setInterval(
        () =>
          void report().catch((error: unknown) =>
            this.logger.debug(`Backfill ${id}: ${String(error)}`),
          ),
        REPORT_EVERY_MS,
      );
      const { config, bulk, hosts, clocks, transport, proof } = this;
      const parts = { config, bulk, hosts, clocks, transport, proof };
      if (!this.loggedProblems.has(id))
        this.logger.log(`Backfill ${id} of ${market} begins at ${timeText(job.reached)}`);
      await new BackfillRun(job, parts).run();
      await this.store.finish(id);
      this.loggedProblems.delete(id);
      const missing = (await this.store.find(id))?.missing ?? [];
      if (missing.length === 0) this.logger.log(`Backfill ${id} of ${market} is done`);
      else
        this.logger.warn(
          `Backfill ${id} of ${market} has ended without the trades of ${plural(missing.length, "day")}, the first ${missing[0]}: its notes say why`,
        );
    } catch (error) {
      await this.settle(work, cancelling.signal.aborted ? cancelling.signal.reason : error).catch(
        (second: unknown) =>
          this.logger.warn(
            `Backfill ${id} will restart, its outcome could not be stored: ${String(second)}`,
          ),
      );
    } finally {
      clearInterval(reporting);
      this.figures.jobs.dec();
      this.figures.progress.remove({ job: String(id) });
      if (work.askedBy === "bootstrap") this.followed.reportHistory(market, null);
    }
  }

  private async poll(): Promise<void> {
    const { signal } = this.stopping;
    await this.removeLeftovers();
    while (!signal.aborted) {
      await this.startDue().catch((error: unknown) =>
        this.logger.debug(`Jobs cannot be read: ${String(error)}`),
      );
      await pause(POLL_MS, signal);
    }
  }

  private async startDue(): Promise<void> {
    for (const { id, askedBy } of await this.store.due(MAX_DUE)) {
      const isBootstrap = askedBy === "bootstrap";
      const running = isBootstrap ? this.bootstraps : this.jobs;
      const limit = isBootstrap ? MAX_BOOTSTRAPS : this.config.backfillJobs;
      if (this.stopping.signal.aborted) return;
      if (this.bootstraps.has(id) || this.jobs.has(id) || running.size >= limit) continue;
      if (!(await this.claims.claimJob(String(id)))) continue;
      const done = this.work(id)
        .then(() => this.claims.releaseJob(String(id)))
        .catch((error: unknown) => this.logger.warn(`Backfill ${id}: ${String(error)}`))
        .finally(() => running.delete(id));
      running.set(id, done);
    }
  }

  private async jobOf(work: BackfillWork, signal: AbortSignal): Promise<BackfillJob> {
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
    const kind = known?.kind ?? venue.bulk?.defaultKind ?? "raw";
    // The last hour is over long before the exchange publishes its day.
    const isByRest =
      work.askedBy === "bootstrap" && work.to - work.from <= DAY_MS && venue.repair.kind !== "none";
    const source = isByRest ? undefined : bulkSource(venue, kind, this.config);
    const { from, to } = widened(work, await this.bulk.horizon());
    const reached = Math.max(from, work.reached === work.from ? from : work.reached);
    return new BackfillJob(
      { ...work, from, to, reached },
      venue,
      name.symbol,
      kind,
      source,
      signal,
      this.store,
      (progress, read) => this.onProgress(work, progress, read),
    );
  }

  private onProgress({ id, market, askedBy }: BackfillWork, progress: number, read: number): void {
    this.loggedProblems.delete(id);
    this.figures.trades.inc(read);
    this.figures.progress.set({ job: String(id) }, progress);
    if (askedBy === "bootstrap") this.followed.reportHistory(market, progress);
  }

  /** Stores in the job's row how it ended, or when it will be retried. */
  private async settle(work: BackfillWork, error: unknown): Promise<void> {
    const { id, market } = work;
    const message = error instanceof Error ? error.message : String(error);
    const logged = this.loggedProblems.get(id);
    this.loggedProblems.delete(id);
    if (hasCode(error, "backfill_gone")) {
      this.logger.log(`Backfill ${id} of ${market} is cancelled`);
    } else if (this.stopping.signal.aborted) {
      await this.store.release(id);
    } else if (!canRetry(error) || (await this.attemptsOf(id)) >= MAX_ATTEMPTS) {
      this.logger.error(`Backfill ${id} of ${market} has failed: ${message}`);
      await this.store.fail(id, message);
    } else {
      const attempts = await this.attemptsOf(id);
      const waitMs = new Backoff(FIRST_RETRY_MS, MAX_RETRY_MS, attempts).next();
      if (logged !== message)
        this.logger.warn(
          `Backfill ${id} of ${market} failed, will retry in ${Math.ceil(waitMs / 1_000)} s, then after growing waits: ${message}`,
        );
      this.loggedProblems.set(id, message);
      await this.store.postpone(id, message, waitMs);
    }
  }

  private async attemptsOf(id: number): Promise<number> {
    return (await this.store.attempts(id)) ?? MAX_ATTEMPTS;
  }

  /** Deletes files of ended jobs that an earlier process left behind. */
  private async removeLeftovers(): Promise<void> {
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
