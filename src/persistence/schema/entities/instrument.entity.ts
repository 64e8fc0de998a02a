import { Column, Entity, PrimaryColumn } from "typeorm";
import {
  INSTRUMENT_KINDS,
  INSTRUMENT_STATUSES,
  type Instrument,
  type InstrumentKind,
  type InstrumentStatus,
} from "../../../domain/instrument.js";
import type { Market } from "../../../domain/market.js";
import { DECIMAL, EPOCH_MS } from "./column-values.js";

/** A venue's description of one of its markets. */
@Entity("instrument")
export class InstrumentEntity implements Instrument {
  @PrimaryColumn("text", { collation: "C" })
  market!: Market;

  @Column("text")
  base!: string;

  @Column("text")
  quote!: string;

  @Column("enum", {
    enum: INSTRUMENT_KINDS,
    enumName: "instrument_kind",
    nullable: true,
  })
  kind!: InstrumentKind | null;

  @Column("numeric", {
    name: "tick_size",
    nullable: true,
    transformer: DECIMAL,
  })
  tickSize!: string | null;

  @Column("numeric", {
    name: "step_size",
    nullable: true,
    transformer: DECIMAL,
  })
  stepSize!: string | null;

  @Column("enum", { enum: INSTRUMENT_STATUSES, enumName: "instrument_status" })
  status!: InstrumentStatus;

  @Column("timestamptz", {
    name: "refreshed_at",
    transformer: EPOCH_MS,
    default: () => "now()",
  })
  refreshedAt!: number;
}
