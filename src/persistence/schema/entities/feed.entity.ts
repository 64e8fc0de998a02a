import { Column, Entity, PrimaryColumn } from "typeorm";
import type { FeedState } from "../../../domain/feed-state.js";
import type { Market } from "../../../domain/market.js";
import { WHOLE_NUMBER } from "./column-values.js";

/** Newest state of a market's feed. */
@Entity("feed")
export class FeedEntity {
  @PrimaryColumn("text", { collation: "C" })
  market!: Market;

  @Column("jsonb")
  state!: FeedState;

  /** Epoch ms of the ingesting machine. */
  @Column("bigint", { transformer: WHOLE_NUMBER })
  at!: number;
}
