import { Column, Entity } from "typeorm";
import { CandleKey } from "./candle-key.js";
import { DECIMAL, EPOCH_MS, WHOLE_NUMBER } from "./column-values.js";

/**
 * A stored candle. Read-only: only the merge (write-statement.ts) writes it. Its completeness
 * follows from the market's coverage.
 */
@Entity("candle")
export class CandleEntity extends CandleKey {
  /** Last ms of the bucket. */
  @Column("bigint", { name: "close_time", transformer: WHOLE_NUMBER })
  closeTime!: number;

  /** Price of the first trade by (time, ord). */
  @Column("numeric", { transformer: DECIMAL })
  open!: string;

  @Column("numeric", { transformer: DECIMAL })
  high!: string;

  @Column("numeric", { transformer: DECIMAL })
  low!: string;

  /** Price of the last trade by (time, ord). */
  @Column("numeric", { transformer: DECIMAL })
  close!: string;

  /** Base currency. */
  @Column("numeric", { transformer: DECIMAL })
  volume!: string;

  /** Σ price × amount. */
  @Column("numeric", { name: "quote_volume", transformer: DECIMAL })
  quoteVolume!: string;

  @Column("numeric", { name: "taker_buy_volume", transformer: DECIMAL })
  takerBuyVolume!: string;

  @Column("numeric", { name: "taker_buy_quote_volume", transformer: DECIMAL })
  takerBuyQuoteVolume!: string;

  /** Σ price over raw trades; divided by `trades`, the mean price. */
  @Column("numeric", { name: "price_sum", transformer: DECIMAL })
  priceSum!: string;

  /** Raw trades. */
  @Column("bigint", { transformer: WHOLE_NUMBER })
  trades!: number;

  /**
   * (time, ord) of the trades that gave open and close: they make the merge independent of order.
   */
  @Column("bigint", { name: "open_ms", transformer: WHOLE_NUMBER })
  openMs!: number;

  @Column("bigint", { name: "open_ord" })
  openOrd!: string;

  @Column("bigint", { name: "close_ms", transformer: WHOLE_NUMBER })
  closeMs!: number;

  @Column("bigint", { name: "close_ord" })
  closeOrd!: string;

  /** Raw ids; the end is exclusive. */
  @Column("bigint", { name: "id_from" })
  idFrom!: string;

  @Column("bigint", { name: "id_to" })
  idTo!: string;

  @Column("boolean")
  closed!: boolean;

  @Column("integer")
  version!: number;

  @Column("integer")
  revision!: number;

  /** By the database's clock. */
  @Column("timestamptz", {
    name: "updated_at",
    transformer: EPOCH_MS,
    default: () => "now()",
  })
  updatedAt!: number;
}
