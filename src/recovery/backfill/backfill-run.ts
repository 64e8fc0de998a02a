import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Config } from "../../config/config.js";
import { TapelineError, hasCode } from "../../domain/tapeline-error.js";
import { DAY_MS, MINUTE_MS } from "../../domain/units.js";
import type { HistoryLoader } from "../../persistence/merge/history-loader.js";
import type { Transport } from "../../streaming/transport.js";
import { VenueError } from "../../venues/rest/venue-error.js";
import type { VenueClocks } from "../../venues/clock/venue-clocks.js";
import type { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { HoleProof } from "../repair/hole-proof.js";
import type { BackfillJob } from "./backfill-job.js";
import { type Step, isPublished, nextStep, spanOf } from "./backfill-plan.js";
import { download } from "./bulk-download.js";
import type { BulkSource } from "./bulk-source.js";
import { FileLoad } from "./file-load.js";
import { RestHistory } from "./rest-history.js";
import { RestLoad } from "./rest-load.js";

export interface BackfillParts {
  config: Pick<Config, "dataDir">;
  bulk: HistoryLoader;
  hosts: VenueHosts;
  clocks: VenueClocks;
  transport: Transport;
  proof: HoleProof;
}

/** A venue's REST may be this far behind its stream. */
const REST_BEHIND_MS = 10 * MINUTE_MS;

type FileStep = Step & { by: "month" | "day" };

/**
 * Runs one job from its current place to its end, using for each day the fastest source that has
 * it.
 */
export class BackfillRun {
  private readonly folder: string;
  private readonly files: FileLoad;
  private readonly rest: RestLoad;
  private readonly history: RestHistory;
  private readonly withoutFile = new Set<string>();
  /** Exchange time of the newest trade that the venue's REST knew at the beginning. */
  private newest = 0;
  /** End of the newest file that was there, epoch ms. */
  private fileEnd = 0;

  constructor(
    private readonly job: BackfillJob,
    private readonly parts: BackfillParts,
  ) {
    const { bulk, hosts, transport, proof, config } = parts;
    this.folder = join(config.dataDir, "backfill", String(job.work.id));
    this.files = new FileLoad(job, bulk, transport, proof);
    this.history = new RestHistory(hosts, job.venue, job.symbol, job.signal);
    this.rest = new RestLoad(job, this.history, transport, bulk);
  }

  /** Rejects with the error that ended it; `canRetry` says whether a retry can help. */
  async run(): Promise<void> {
    const { venue, bulk } = this.job;
    if (bulk === undefined && this.rest.obstacle !== undefined)
      throw new TapelineError(
        "backfill_impossible",
        `${venue.name} has no history to load: ${this.rest.obstacle}`,
      );
    try {
      await this.requireKnown();
      const isBackwards =
        venue.repair.kind === "by id" && venue.repair.paging === "backward from an id";
      if (isBackwards) await this.rest.backwards();
      else await this.steps(bulk);
      const clock = this.provenTo;
      if (clock > 0) await this.rest.prove(clock);
    } finally {
      await this.files.close();
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  /**
   * The job holds all trades before: its end, as far as files go or REST can have reached, by the
   * venue's clock or its newest trade and not by ours. 0: not known.
   */
  private get provenTo(): number {
    const { venue, work } = this.job;
    const now = this.parts.clocks.known(venue.name) ?? this.newest;
    const byRest = Math.max(now - REST_BEHIND_MS, Math.min(now, this.newest));
    return Math.min(work.to, Math.max(this.fileEnd, byRest));
  }

  private async steps(bulk: BulkSource | undefined): Promise<void> {
    const { job, withoutFile } = this;
    const { to } = job.work;
    while (job.reached < to) {
      job.signal.throwIfAborted();
      const { reached } = job;
      const horizon = await this.parts.bulk.horizon();
      const now = Date.now();
      const hasFiles = bulk !== undefined;
      const step = nextStep({
        reached,
        to,
        now,
        horizon,
        hasFiles,
        withoutFile,
      });
      if (step.by === "rest" || bulk === undefined) await this.byRest(step, horizon);
      else {
        await this.byFile(step, bulk, horizon);
        // There is no file of a time that has not ended.
        if (!withoutFile.has(step.period)) this.fileEnd = step.to;
      }
    }
  }

  /**
   * Rejects when the venue does not know the symbol. While its REST is away, its files may still be
   * there.
   */
  private async requireKnown(): Promise<void> {
    const { venue, symbol } = this.job;
    this.job.doing = `checking ${symbol} with ${venue.name}`;
    try {
      this.newest = (await this.history.newest())?.time ?? 0;
    } catch (error) {
      if (!(error instanceof VenueError)) throw error;
      if (error.code === "refused")
        throw new TapelineError(
          "backfill_impossible",
          `${venue.name} does not know ${symbol}: ${error.message}`,
          { cause: error },
        );
    }
  }

  private async byFile(
    step: FileStep,
    { base, files }: BulkSource,
    horizon: number,
  ): Promise<void> {
    const { job, folder } = this;
    const { symbol } = job;
    const place = files.path(symbol, step.period);
    const name = basename(place);
    job.doing = name;
    try {
      const onProgress = (part: number): void => {
        job.doing = `${name}, ${Math.floor(part * 100)} % downloaded`;
      };
      const path = await download(base, place, folder, job.signal, onProgress);
      if (path === undefined) {
        await this.noteMissing(step, name);
        return;
      }
      job.doing = name;
      const file = { path, name, symbol, files, ...spanOf(step.period) };
      await this.files.load(file, step.to, file.to > horizon);
    } catch (error) {
      const isOptional = hasCode(error, "file_unavailable") && this.isInReach;
      if (!hasCode(error, "file_refused") && !isOptional) throw error;
      this.withoutFile.add(step.period);
      await job.note(error.message);
    } finally {
      await rm(join(folder, name), { force: true });
    }
  }

  /** Whether REST has all trades of a short job, so that it need not wait for a host of files. */
  private get isInReach(): boolean {
    const { work, venue } = this.job;
    const { repair } = venue;
    if (work.to - work.from > DAY_MS || repair.kind === "none") return false;
    return repair.paging === "forward from a time";
  }

  private async noteMissing({ by, period }: FileStep, name: string): Promise<void> {
    this.withoutFile.add(period);
    // The month's days are tried next.
    if (by === "month") return;
    await this.job.note(
      isPublished(period, Date.now()) ? `there is no file ${name}` : `${name} is not published yet`,
    );
  }

  private async byRest(step: Step, horizon: number): Promise<void> {
    const { job, rest } = this;
    const { venue, reached } = job;
    const day = new Date(reached).toISOString().slice(0, 10);
    job.doing = `${day} from the REST of ${venue.name}`;
    const isRecent = step.to > Date.now() - DAY_MS;
    if (venue.repair.kind === "none") {
      await job.miss(reached, step.to, `${day} is not loaded: ${venue.repair.reason}`);
      await job.advance(step.to);
    } else if (venue.repair.paging === "forward from a time") {
      await this.forwards(step, horizon, day);
    } else if (isRecent) await rest.newest();
    else {
      await job.miss(
        reached,
        step.to,
        `${day} is not loaded: the REST of ${venue.name} serves ${venue.repair.reach}`,
      );
      await job.advance(step.to);
    }
  }

  private async forwards(step: Step, horizon: number, day: string): Promise<void> {
    const { job, rest } = this;
    try {
      if (step.to <= horizon) await rest.loadDroppedDay(this.files, step.to);
      else await rest.forwards(step.to);
    } catch (error) {
      if (!hasCode(error, "backfill_impossible") || job.bulk === undefined) throw error;
      await job.miss(job.reached, step.to, `${day} is not loaded: ${error.message}`);
      await job.advance(step.to);
    }
  }
}
