import type { Trade, TradeKind } from "../../domain/trade.js";
import { DAY_MS } from "../../domain/units.js";
import type {
  BackfillStore,
  BackfillWork,
} from "../../persistence/stores/backfills/backfill-store.js";
import type { Venue } from "../../venues/venue.js";
import { dayOf } from "./backfill-plan.js";
import type { BulkSource } from "./bulk-source.js";
import { RecentRate } from "./recent-rate.js";

/** Number of trades read from a source, and how many of them were not stored before. */
export interface Counted {
  read: number;
  stored: number;
}

export const NOTHING: Counted = { read: 0, stored: 0 };

/** A running job and its progress. */
export class BackfillJob {
  /** The current step, for a person. */
  doing = "";
  readonly rate = new RecentRate();
  reached: number;
  lowestId: string | null;
  conflicts: number;

  constructor(
    readonly work: BackfillWork,
    readonly venue: Venue,
    readonly symbol: string,
    /** The kind of trades that its market holds. */
    readonly kind: TradeKind,
    /** Undefined when its trades come from REST only. */
    readonly bulk: BulkSource | undefined,
    readonly signal: AbortSignal,
    private readonly store: BackfillStore,
    private readonly onProgress: (progress: number, read: number) => void,
  ) {
    this.reached = work.reached;
    this.lowestId = work.lowestId;
    this.conflicts = work.conflicts;
  }

  /**
   * The update of the job's row, for the transaction that stores the trades read up to `reached`.
   */
  advancing(step: () => { reached: number; read: number }): ReturnType<BackfillStore["advancing"]> {
    return this.store.advancing(this.work.id, () => {
      const { reached, read } = step();
      return { reached, read, progress: this.progressAt(reached) };
    });
  }

  /** Call it once the trades up to `reached` are stored. */
  advanced(reached: number, read: number): void {
    this.reached = reached;
    this.rate.add(read);
    this.onProgress(this.progressAt(reached), read);
  }

  /** Both at once, for trades that the topic has acknowledged. */
  async advance(reached: number, counted = NOTHING): Promise<void> {
    const progress = this.progressAt(reached);
    await this.store.advance(this.work.id, { reached, progress, ...counted });
    this.advanced(reached, counted.read);
  }

  /** For a job that goes backwards: everything from this trade on is acknowledged by the topic. */
  async descend({ ord: lowestId, time }: Trade, counted: Counted): Promise<void> {
    const { id, from, to } = this.work;
    const progress = Math.min(1, Math.max(0, (to - time) / (to - from)));
    const place = { reached: from, progress, lowestId };
    await this.store.advance(id, { ...place, ...counted });
    this.lowestId = lowestId;
    this.rate.add(counted.read);
    this.onProgress(progress, counted.read);
  }

  note(text: string): Promise<void> {
    return this.store.note(this.work.id, text);
  }

  /** Counts trades of its files that contradict stored ones. */
  async conflict(count: number, note: string): Promise<void> {
    this.conflicts += count;
    await this.note(note);
    await this.store.addConflicts(this.work.id, count);
  }

  /** Trades from `from` to `to` (exclusive, epoch ms) cannot be loaded, and why. */
  async miss(from: number, to: number, why: string): Promise<void> {
    await this.note(why);
    const days: string[] = [];
    for (let day = dayOf(from); day < to; day += DAY_MS)
      days.push(new Date(day).toISOString().slice(0, 10));
    await this.store.miss(this.work.id, days);
  }

  private progressAt(reached: number): number {
    const { from, to } = this.work;
    return Math.min(1, Math.max(0, (reached - from) / (to - from)));
  }
}
