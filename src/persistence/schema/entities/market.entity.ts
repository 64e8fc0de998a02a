import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";
import type { IdKind, Market } from "../../../domain/market.js";
import type { TradeKind } from "../../../domain/trade.js";

/** The immutable columns of a market's row, which its first trade creates. */
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
