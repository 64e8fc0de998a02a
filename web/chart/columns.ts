import type { Candle } from "../../src/domain/candle.js";

/**
 * The candles' decimals as numbers, for drawing only. Texts on the page are the decimals
 * themselves.
 */
export class Columns {
  readonly openTime: number[] = [];
  readonly close: number[] = [];
  readonly volume: number[] = [];
  readonly quoteVolume: number[] = [];

  /** Updates from index `from` on; candles before it must be unchanged since the last call. */
  update(rows: readonly Candle[], from: number): void {
    const { openTime, close, volume, quoteVolume } = this;
    for (const column of [openTime, close, volume, quoteVolume])
      column.length = Math.min(column.length, rows.length);
    for (let at = from; at < rows.length; at++) {
      const row = rows[at];
      if (row === undefined) continue;
      openTime[at] = row.openTime;
      close[at] = Number(row.close);
      volume[at] = Number(row.volume);
      quoteVolume[at] = Number(row.quoteVolume);
    }
  }
}
