import { Column, Entity, PrimaryColumn } from "typeorm";
import type { Market } from "../../domain/market.js";
import { WHOLE_NUMBER } from "./column-values.js";

/** By the settings of a process, or by somebody's request while it ran. */
export type FollowSource = "settings" | "request";

/** A market that is to be followed. */
@Entity("followed_market")
export class FollowedMarketEntity {
  @PrimaryColumn("text")
  market!: Market;

  @Column("text")
  source!: FollowSource;

  /** When it was first followed, epoch ms. */
  @Column("bigint", { transformer: WHOLE_NUMBER })
  since!: number;
}
