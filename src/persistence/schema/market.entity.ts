import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";
import type { IdKind, Market } from "../../domain/market.js";
import type { TradeKind } from "../../domain/trade.js";

/** A market's row, as far as it never changes once its first trade has made it. */
@Entity("market")
export class MarketEntity {
  @PrimaryGeneratedColumn("identity", { generatedIdentity: "ALWAYS" })
  id!: number;

  @Column({ type: "text", unique: true, collation: "C" })
  name!: Market;

  @Column("enum", { enum: ["dense", "sparse"], enumName: "id_kind" })
  ids!: IdKind;

  @Column("enum", { enum: ["raw", "aggregated"], enumName: "trade_kind" })
  kind!: TradeKind;
}
