import type { Candle } from "../../../src/domain/candle.js";
import { fold } from "../fold.js";
import { goldens } from "../golden.js";
import { type Nine, nineOf } from "../klines.js";
import { spotTrades } from "../recordings.js";
import { spotTape, usdmTape } from "./recorded-tapes.js";
import type { SymbolTape } from "./symbol-tape.js";

/**
 * Recordings with the exchange's own candles; elsewhere made trades with a fold that was written
 * for other tests.
 */
export function published(): {
  name: string;
  tape: SymbolTape;
  host: "spot" | "usdm";
  interval: string;
  bars: Nine[];
}[] {
  const usdm = usdmTape();
  const barsOf = (name: string): Nine[] =>
    goldens().find((golden) => golden.name === name)?.bars ?? [];
  if (usdm === undefined) {
    const bars = fold(
      spotTrades(20_000).filter(({ market }) => market.endsWith("MADE0")),
      "1m",
    ).map((bar) => nineOf(bar as Candle));
    return [{ name: "made", tape: spotTape(), host: "spot", interval: "1m", bars }];
  }
  return [
    {
      name: "binance-spot",
      tape: spotTape(),
      host: "spot",
      interval: "5m",
      bars: barsOf("binance-spot"),
    },
    {
      name: "binance-usdm",
      tape: usdm,
      host: "usdm",
      interval: "1m",
      bars: barsOf("binance-usdm"),
    },
  ];
}
