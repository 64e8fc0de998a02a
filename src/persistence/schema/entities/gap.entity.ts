import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";
import { EPOCH_MS, WHOLE_NUMBER } from "./column-values.js";

/**
 * - `open`: known, not yet requested from the venue
 * - `repairing`: its trades are being requested, or will be requested again
 * - `unrepairable`: the venue does not return them, for a reason; retried rarely
 * - `repaired`, `void`: ended; void when the venue has no trade for any of its ids
 */
export const GAP_STATES = ["open", "repairing", "unrepairable", "repaired", "void"] as const;
export type GapState = (typeof GAP_STATES)[number];

/**
 * A hole as first seen. Read-only: the ledger writes it, with the state of its repair in further
 * columns.
 */
@Entity("gap")
export class GapEntity {
  @PrimaryGeneratedColumn("identity", {
    type: "bigint",
    generatedIdentity: "ALWAYS",
  })
  id!: string;

  @Column("integer", { name: "market_id" })
  marketId!: number;

  /** Raw ids; the end is exclusive. */
  @Column("bigint", { name: "id_from" })
  idFrom!: string;

  @Column("bigint", { name: "id_to" })
  idTo!: string;

  @Column("enum", { enum: GAP_STATES, enumName: "gap_state", default: "open" })
  state!: GapState;

  /** Why it is not repaired, or not yet. */
  @Column("text", { nullable: true })
  reason!: string | null;

  /** Exchange times (epoch ms) of the trades before and behind it. */
  @Column("bigint", {
    name: "after_time",
    nullable: true,
    transformer: WHOLE_NUMBER,
  })
  afterTime!: number | null;

  @Column("bigint", {
    name: "before_time",
    nullable: true,
    transformer: WHOLE_NUMBER,
  })
  beforeTime!: number | null;

  /** Epoch ms by the database's clock. */
  @Column("timestamptz", {
    name: "found_at",
    transformer: EPOCH_MS,
    default: () => "now()",
  })
  foundAt!: number;

  @Column("timestamptz", {
    name: "changed_at",
    transformer: EPOCH_MS,
    default: () => "now()",
  })
  changedAt!: number;

  /** How often its trades were requested. */
  @Column("integer", { default: 0 })
  attempts!: number;
}
