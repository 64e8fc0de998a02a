import type { Trade, TradeKind } from "../../domain/trade.js";
import type {
  BackfillStore,
  BackfillWork,
} from "../../persistence/stores/backfill-store.js";
import type { Venue } from "../../venues/venue.js";
import { RecentRate } from "./recent-rate.js";

/** Trades read from a source, and those of them that were not stored before. */
export interface Counted {
  read: number;
  stored: number;
}

export const NOTHING: Counted = { read: 0, stored: 0 };

/** A job under way, and what becomes known of it. */
export class BackfillJob {
  /** What is under way, for a person. */
  doing = "";
  readonly rate = new RecentRate();
  reached: number;
  lowestId: string | null;

  constructor(
    readonly work: BackfillWork,
    readonly venue: Venue,
    readonly symbol: string,
    /** Of the trades that its market takes. */
    readonly kind: TradeKind,
    readonly signal: AbortSignal,
    private readonly store: BackfillStore,
    private readonly told: (progress: number, read: number) => void,
  ) {
    this.reached = work.reached;
    this.lowestId = work.lowestId;
  }

  /** To be done in the transaction that stores the trades read up to there. */
  advancing(
    step: () => { reached: number; read: number },
  ): ReturnType<BackfillStore["advancing"]> {
    return this.store.advancing(this.work.id, () => {
      const { reached, read } = step();
      return { reached, read, progress: this.progressAt(reached) };
    });
  }

  /** What is read up to there is safe. */
  advanced(reached: number, read: number): void {
    this.reached = reached;
    this.rate.add(read);
    this.told(this.progressAt(reached), read);
  }

  /** Both, for trades that a topic has. */
  async advance(reached: number, counted = NOTHING): Promise<void> {
    const progress = this.progressAt(reached);
    await this.store.advance(this.work.id, { reached, progress, ...counted });
    this.advanced(reached, counted.read);
  }

  /** Going backwards: all from this id and time on is safe. */
  async descend(
    { ord: lowestId, time }: Trade,
    counted: Counted,
  ): Promise<void> {
    const { id, from, to } = this.work;
    const progress = Math.min(1, Math.max(0, (to - time) / (to - from)));
    const place = { reached: from, progress, lowestId };
    await this.store.advance(id, { ...place, ...counted });
    this.lowestId = lowestId;
    this.rate.add(counted.read);
    this.told(progress, counted.read);
  }

  note(text: string): Promise<void> {
    return this.store.note(this.work.id, text);
  }

  private progressAt(reached: number): number {
    const { from, to } = this.work;
    return Math.min(1, Math.max(0, (reached - from) / (to - from)));
  }
}
