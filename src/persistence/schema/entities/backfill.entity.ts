import { Column, Entity, PrimaryGeneratedColumn, VirtualColumn } from "typeorm";
import type { Market } from "../../../domain/market.js";
import { EPOCH_MS, WHOLE_NUMBER } from "./column-values.js";

const BACKFILL_STATES = [
  "waiting",
  "running",
  "done",
  "incomplete",
  "failed",
  "cancelled",
] as const;
export type BackfillState = (typeof BACKFILL_STATES)[number];

const BACKFILL_REQUESTERS = ["command", "api", "bootstrap"] as const;
export type BackfillRequester = (typeof BACKFILL_REQUESTERS)[number];

/** A job that loads history. Times are epoch ms. */
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
    enum: BACKFILL_REQUESTERS,
    enumName: "backfill_asker",
  })
  askedBy!: BackfillRequester;

  @Column("enum", {
    enum: BACKFILL_STATES,
    enumName: "backfill_state",
    default: "waiting",
  })
  state!: BackfillState;

  /** Exchange time before which all is loaded, or named in `notes`. */
  @Column("bigint", { transformer: WHOLE_NUMBER })
  reached!: number;

  /** Lowest id loaded so far by a source that is read backwards. */
  @Column("bigint", { name: "lowest_id", nullable: true })
  lowestId!: string | null;

  /** Share (0–1) of the requested time that is loaded. */
  @Column("double precision", { default: 0 })
  progress!: number;

  /** Trades read from the sources, and those of them that were not stored before. */
  @Column("bigint", { transformer: WHOLE_NUMBER, default: 0 })
  read!: number;

  @Column("bigint", { transformer: WHOLE_NUMBER, default: 0 })
  stored!: number;

  /** Trades of its files that contradict stored ones, which stay; after a crash some count twice. */
  @Column("bigint", { transformer: WHOLE_NUMBER, default: 0 })
  conflicts!: number;

  /** Trades read per second, recently; 0 while it does not run. */
  @Column("double precision", { default: 0 })
  rate!: number;

  /** The current step, as text for people. */
  @Column("text", { nullable: true })
  doing!: string | null;

  /** Remarks on the result: days without a file, holes, sources that were not used. */
  @Column("jsonb", { default: [] })
  notes!: string[];

  /** UTC days of which trades could not be loaded, such as `2024-01-05`. */
  @Column("jsonb", { default: [] })
  missing!: string[];

  /** Why it failed, or why it is retried. */
  @Column("text", { nullable: true })
  problem!: string | null;

  /** Failed attempts since its last progress. */
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
