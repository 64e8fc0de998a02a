import { Inject, Injectable, Logger, Optional } from "@nestjs/common";
import type { Hole } from "../../domain/coverage.js";
import type { Market } from "../../domain/market.js";
import { type DueGap, GapLedgerStore } from "../../persistence/stores/gaps/gap-ledger-store.js";
import { GapStore } from "../../persistence/stores/gaps/gap-store.js";
import { Transport } from "../../streaming/transport.js";
import { VenueClocks } from "../../venues/clock/venue-clocks.js";
import { VenueHosts } from "../../venues/rest/venue-hosts.js";
import type { Venue } from "../../venues/venue.js";
import { MarketClaims } from "../market-claims.js";
import { GapLog } from "./gap-log.js";
import { HoleProof } from "./hole-proof.js";
import { type HoleAnswer, fetchHole } from "./hole-repair.js";
import { RepairFigures } from "./repair-figures.js";
import {
  REPAIR_TIMING,
  type RepairTiming,
  type Verdict,
  afterAnswers,
  afterFailure,
  afterProof,
  rarely,
  streakOf,
} from "./repair-verdict.js";

/** Injection token of another `RepairTiming`. */
const TIMING = Symbol("repair timing");

/** Gaps that are fetched concurrently, each of another market. */
const MAX_CONCURRENT = 3;
const FIGURES_EVERY_MS = 5_000;

/**
 * Finds the holes in the markets that this process claims, fetches their trades and sends them
 * through the topic like all others. A late, repeated or aborted attempt does no harm: a gap ends
 * when coverage says so, and is retried until then.
 */
@Injectable()
export class Repair {
  private readonly logger = new Logger(Repair.name);
  private readonly log = new GapLog(this.logger);
  private readonly underWay = new Map<Market, Promise<void>>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private lastFigures = -Infinity;
  private hasTrouble = false;

  constructor(
    private readonly claims: MarketClaims,
    private readonly hosts: VenueHosts,
    private readonly clocks: VenueClocks,
    private readonly ledger: GapLedgerStore,
    private readonly gaps: GapStore,
    private readonly transport: Transport,
    private readonly figures: RepairFigures,
    private readonly proof: HoleProof,
    @Optional()
    @Inject(TIMING)
    private readonly timing: RepairTiming = REPAIR_TIMING,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => {
      this.running ??= this.runOnce().finally(() => (this.running = undefined));
    }, this.timing.everyMs);
  }

  /** Aborts attempts under way: the next process that claims the market retries them. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort(new Error("the process is stopping"));
    await this.running;
    await Promise.all(this.underWay.values());
    this.log.close();
  }

  private async runOnce(): Promise<void> {
    const claimed = this.claims.claimedMarkets.map(({ market }) => market);
    if (claimed.length === 0) return;
    try {
      const sweep = await this.ledger.sweep(claimed);
      this.log.swept(sweep);
      const { found, repaired, void: voided } = sweep;
      this.figures.gapsChanged.inc({ outcome: "found" }, found);
      this.figures.gapsChanged.inc({ outcome: "repaired" }, repaired);
      this.figures.gapsChanged.inc({ outcome: "void" }, voided);
      await this.updateFigures(claimed);
      const free = claimed.filter((market) => !this.underWay.has(market));
      const due = await this.ledger.due(free, this.timing.graceMs);
      for (const gap of due) {
        if (this.underWay.size >= MAX_CONCURRENT || this.stopping.signal.aborted) break;
        const attempt = this.attempt(gap).finally(() => this.underWay.delete(gap.market));
        this.underWay.set(gap.market, attempt);
      }
      this.hasTrouble = false;
    } catch (error) {
      // A warning only once: the database may be away for long.
      const level = this.hasTrouble ? "debug" : "warn";
      this.hasTrouble = true;
      this.logger[level](
        `Gap sweep failed, will retry in ${this.timing.everyMs / 1_000} s: ${String(error)}`,
      );
    }
  }

  /** Never rejects. */
  private async attempt(gap: DueGap): Promise<void> {
    const followed = this.claims.claimedMarkets.find(({ market }) => market === gap.market);
    if (followed === undefined) return;
    const { venue, symbol } = followed;
    try {
      const { holes, ids } = await this.ledger.begin(gap.id);
      // Its trades have arrived meanwhile.
      if (holes.length === 0) return;
      const verdict = await this.verdict(gap, venue, symbol, holes, ids);
      await this.ledger.settle(gap.id, verdict, ids);
      this.log.settled(gap, venue.name, verdict);
      this.logger.debug(
        `Gap ${gap.id} of ${gap.market} after attempt ${gap.attempts + 1}: ${verdict.state}${verdict.reason === null ? "" : `, ${verdict.reason}`}`,
      );
    } catch (error) {
      // The database is away: the gap stays due, so that the next run retries it.
      if (!this.stopping.signal.aborted)
        this.logger.debug(`Gap ${gap.id} of ${gap.market}: ${String(error)}`);
    }
  }

  private async verdict(
    gap: DueGap,
    venue: Venue,
    symbol: string,
    holes: readonly Hole<number | null>[],
    missing: bigint,
  ): Promise<Verdict> {
    const streak = streakOf(gap, missing);
    const count = (outcome: string): void =>
      this.figures.repairAttempts.inc({ venue: venue.name, outcome });
    if (venue.repair.kind === "none") return rarely("none", venue.repair.reason, this.timing);
    let answers: HoleAnswer[];
    try {
      if (holes.every(({ after }) => after === null)) {
        const place = { market: gap.market, venue, symbol };
        const { signal } = this.stopping;
        const proven = await this.proof.settleDropped(place, holes, signal);
        count("answered");
        return afterProof(proven === holes.length, this.timing);
      }
      answers = await this.fetchAll(gap, venue, symbol, holes);
    } catch (error) {
      this.stopping.signal.throwIfAborted();
      count("failed");
      return afterFailure(error, streak, this.timing);
    }
    count("answered");
    const absent = answers.flatMap((answer) => answer.absent);
    const unconfirmed =
      absent.length === 0 ? 0n : await this.ledger.absent(gap, absent, this.timing.confirmMs);
    return afterAnswers(venue, answers, unconfirmed, streak, this.timing);
  }

  private async fetchAll(
    gap: DueGap,
    venue: Venue,
    symbol: string,
    holes: readonly Hole<number | null>[],
  ): Promise<HoleAnswer[]> {
    const answers: HoleAnswer[] = [];
    for (const { from, to, after, before } of holes) {
      if (after === null) continue;
      const hole = { symbol, from, to, after, before: before ?? this.clocks.now(venue.name) };
      const answer = await fetchHole(
        { venue, hole, kind: gap.kind },
        this.hosts,
        this.transport,
        this.stopping.signal,
      );
      this.figures.repairedTrades.inc({ venue: venue.name }, answer.trades);
      answers.push(answer);
      // The other holes would be answered in the same way.
      if (answer.unfit !== null) break;
    }
    return answers;
  }

  private async updateFigures(claimed: readonly Market[]): Promise<void> {
    if (performance.now() - this.lastFigures < FIGURES_EVERY_MS) return;
    this.lastFigures = performance.now();
    const own = new Set(claimed);
    const figures = (await this.gaps.figures()).filter(({ market }) => own.has(market));
    for (const state of ["open", "repairing", "unrepairable"] as const)
      this.figures.gaps.set(
        { state },
        figures.reduce((sum, each) => sum + each[state], 0),
      );
    this.figures.missingIds.set(
      figures.reduce((sum, { missingIds }) => sum + Number(missingIds), 0),
    );
    const found = figures.flatMap(({ oldestFoundAt }) => oldestFoundAt ?? []);
    this.figures.oldestGap.set(found.length === 0 ? 0 : (Date.now() - Math.min(...found)) / 1_000);
  }
}
