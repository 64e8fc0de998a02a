import { Column, Entity } from "typeorm";
import {
  DIFFERENCE_STATES,
  type DifferenceState,
  type FieldDifference,
  type Outcome,
} from "../../../domain/reconciliation.js";
import { CandleKey } from "./candle-key.js";
import { EPOCH_MS, WHOLE_NUMBER } from "./column-values.js";

const OUTCOMES: readonly Outcome[] = ["match", "differs", "missing_here", "missing_there"];

/**
 * A candle that differs, or differed, from the venue's own; keep-comparisons.sql writes it.
 */
@Entity("candle_difference")
export class CandleDifferenceEntity extends CandleKey {
  @Column("bigint", { name: "close_time", transformer: WHOLE_NUMBER })
  closeTime!: number;

  @Column("enum", { enum: OUTCOMES, enumName: "difference_outcome" })
  outcome!: Outcome;

  @Column("jsonb")
  fields!: FieldDifference[];

  @Column("enum", { enum: DIFFERENCE_STATES, enumName: "difference_state" })
  state!: DifferenceState;

  /** Completeness and version of our candle when it was compared; version 0: there was none. */
  @Column("boolean", { nullable: true })
  complete!: boolean | null;

  @Column("integer")
  version!: number;

  @Column("timestamptz", {
    name: "found_at",
    transformer: EPOCH_MS,
    default: () => "now()",
  })
  foundAt!: number;

  @Column("timestamptz", {
    name: "compared_at",
    transformer: EPOCH_MS,
    default: () => "now()",
  })
  comparedAt!: number;
}
