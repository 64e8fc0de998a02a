import { PrimaryColumn } from "typeorm";
import { INTERVALS, type Interval } from "../../../domain/interval.js";
import { WHOLE_NUMBER } from "./column-values.js";

/** The columns that name a candle, in every table of candles or of what is known about them. */
export abstract class CandleKey {
  @PrimaryColumn("integer", { name: "market_id" })
  marketId!: number;

  @PrimaryColumn("enum", { enum: INTERVALS, enumName: "candle_interval" })
  interval!: Interval;

  /** Epoch ms, as all times. */
  @PrimaryColumn("bigint", { name: "open_time", transformer: WHOLE_NUMBER })
  openTime!: number;
}
