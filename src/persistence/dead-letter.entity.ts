import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";

/** A record that was refused for good. */
@Entity("dead_letter")
export class DeadLetterEntity {
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

  @Column("timestamptz", { default: () => "now()" })
  at!: Date;
}
