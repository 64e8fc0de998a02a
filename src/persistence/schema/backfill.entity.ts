import { Column, Entity, PrimaryGeneratedColumn, VirtualColumn } from "typeorm";
import type { Market } from "../../domain/market.js";
import { EPOCH_MS, WHOLE_NUMBER } from "./column-values.js";

const BACKFILL_STATES = [
  "waiting",
  "running",
  "done",
  "failed",
  "cancelled",
] as const;
export type BackfillState = (typeof BACKFILL_STATES)[number];

const BACKFILL_ASKERS = ["command", "api", "bootstrap"] as const;
export type BackfillRequester = (typeof BACKFILL_ASKERS)[number];

/** A job that loads history. All times are epoch ms. */
@Entity("backfill")
export class BackfillEntity {
  @PrimaryGeneratedColumn("identity", { generatedIdentity: "ALWAYS" })
  id!: number;

  @Column({ type: "text", collation: "C" })
  market!: Market;

  /** Exchange times; the end is exclusive. */
  @Column("bigint", { name: "from_time", transformer: WHOLE_NUMBER })
  from!: number;

  @Column("bigint", { name: "to_time", transformer: WHOLE_NUMBER })
  to!: number;

  @Column("enum", {
    name: "asked_by",
    enum: BACKFILL_ASKERS,
    enumName: "backfill_asker",
  })
  askedBy!: BackfillRequester;

  @Column("enum", {
    enum: BACKFILL_STATES,
    enumName: "backfill_state",
    default: "waiting",
  })
  state!: BackfillState;

  /** Everything before is loaded, or named in `notes`. */
  @Column("bigint", { transformer: WHOLE_NUMBER })
  reached!: number;

  /** Lowest id loaded so far by a source that goes backwards. */
  @Column("bigint", { name: "lowest_id", nullable: true })
  lowestId!: string | null;

  /** Part (0–1) of the time asked for. */
  @Column("double precision", { default: 0 })
  progress!: number;

  /** Trades read from the sources, and those of them that were not stored before. */
  @Column("bigint", { transformer: WHOLE_NUMBER, default: 0 })
  read!: number;

  @Column("bigint", { transformer: WHOLE_NUMBER, default: 0 })
  stored!: number;

  /** Trades read a second, of late; 0 when it does not run. */
  @Column("double precision", { default: 0 })
  rate!: number;

  /** What is under way. */
  @Column("text", { nullable: true })
  doing!: string | null;

  /** What to know of the result: days without a file, holes, sources that were not used. */
  @Column("jsonb", { default: [] })
  notes!: string[];

  /** Why it failed, or why it is being tried again. */
  @Column("text", { nullable: true })
  problem!: string | null;

  /** Since it last got on. */
  @Column("integer", { default: 0 })
  attempts!: number;

  @Column("timestamptz", {
    name: "next_try_at",
    transformer: EPOCH_MS,
    default: () => "now()",
  })
  nextTryAt!: number;

  @Column("timestamptz", {
    name: "asked_at",
    transformer: EPOCH_MS,
    default: () => "now()",
  })
  askedAt!: number;

  @Column("timestamptz", {
    name: "started_at",
    transformer: EPOCH_MS,
    nullable: true,
  })
  startedAt!: number | null;

  @Column("timestamptz", {
    name: "changed_at",
    transformer: EPOCH_MS,
    default: () => "now()",
  })
  changedAt!: number;

  @Column("timestamptz", {
    name: "ended_at",
    transformer: EPOCH_MS,
    nullable: true,
  })
  endedAt!: number | null;

  /** Seconds since its start by the database's clock, which wrote `startedAt`. */
  @VirtualColumn("double precision", {
    query: (alias) => `extract(epoch FROM now() - ${alias}.started_at)::float8`,
  })
  seconds!: number | null;
}
