import { Column, Entity, PrimaryColumn } from "typeorm";
import { CandleKey } from "./candle-key.js";
import { DECIMAL, EPOCH_MS, WHOLE_NUMBER } from "./column-values.js";

/** The values of a closed candle before one of its revisions; the merge writes it. */
@Entity("candle_revision")
export class CandleRevisionEntity extends CandleKey {
  @PrimaryColumn("integer")
  revision!: number;

  /** When it was stored, by the database's clock. */
  @Column("timestamptz", { transformer: EPOCH_MS, default: () => "now()" })
  at!: number;

  /** Bits of the sources of the added trades: see `sourcesOf`. */
  @Column("integer")
  sources!: number;

  /** Raw trades that were added. */
  @Column("bigint", { transformer: WHOLE_NUMBER })
  added!: number;

  /** Values before the revision; all null when the candle had no trade before its end. */
  @Column("numeric", { nullable: true, transformer: DECIMAL })
  open!: string | null;

  @Column("numeric", { nullable: true, transformer: DECIMAL })
  high!: string | null;

  @Column("numeric", { nullable: true, transformer: DECIMAL })
  low!: string | null;

  @Column("numeric", { nullable: true, transformer: DECIMAL })
  close!: string | null;

  @Column("numeric", { nullable: true, transformer: DECIMAL })
  volume!: string | null;

  @Column("numeric", {
    name: "quote_volume",
    nullable: true,
    transformer: DECIMAL,
  })
  quoteVolume!: string | null;

  @Column("numeric", {
    name: "taker_buy_volume",
    nullable: true,
    transformer: DECIMAL,
  })
  takerBuyVolume!: string | null;

  @Column("numeric", {
    name: "taker_buy_quote_volume",
    nullable: true,
    transformer: DECIMAL,
  })
  takerBuyQuoteVolume!: string | null;

  @Column("bigint", { nullable: true, transformer: WHOLE_NUMBER })
  trades!: number | null;

  /** Raw ids; the end is exclusive. */
  @Column("bigint", { name: "id_from", nullable: true })
  idFrom!: string | null;

  @Column("bigint", { name: "id_to", nullable: true })
  idTo!: string | null;
}
