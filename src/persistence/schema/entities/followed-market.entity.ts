import { Column, Entity, PrimaryColumn } from "typeorm";
import type { Market } from "../../../domain/market.js";
import { WHOLE_NUMBER } from "./column-values.js";

/** Followed by a process's settings, or by a request at run time. */
export type FollowSource = "settings" | "request";

/** A market that the processes of this database follow. */
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
