import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";
import { EPOCH_MS } from "./column-values.js";

/** A record refused for good. */
@Entity("dead_letter")
export class DeadLetterEntity {
  /** Rises with time. */
  @PrimaryGeneratedColumn("identity", {
    type: "bigint",
    generatedIdentity: "ALWAYS",
  })
  id!: string;

  @Column("text")
  reason!: string;

  @Column("text")
  detail!: string;

  @Column("text")
  topic!: string;

  @Column("integer")
  partition!: number;

  @Column("text")
  offset!: string;

  @Column("text", { nullable: true })
  key!: string | null;

  @Column("text")
  payload!: string;

  /** When it was stored, epoch ms by the database's clock. */
  @Column("timestamptz", { transformer: EPOCH_MS, default: () => "now()" })
  at!: number;
}
