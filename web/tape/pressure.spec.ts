import type { Candle } from "../../src/domain/candle.js";
import { pressureOf } from "./pressure.js";

function minute(at: number, volume: string, takerBuyVolume: string): Candle {
  return { openTime: at * 60_000, volume, takerBuyVolume } as Candle;
}

describe("buy and sell pressure", () => {
  const candles = [
    minute(1, "100", "0"),
    minute(7, "0.1", "0.1"),
    minute(9, "0.2", "0.1"),
    minute(10, "0.000000000000000003", "0"),
  ];

  it("sums the newest minutes exactly, empty ones included", () => {
    expect(pressureOf(candles, 4)).toEqual({
      minutes: 4,
      buy: "0.2",
      sell: "0.100000000000000003",
      buyShare: 667,
    });
    expect(pressureOf(candles, 10).sell).toBe("100.100000000000000003");
    expect(pressureOf(candles, 1).buyShare).toBe(0);
  });

  it("has no share without volume", () => {
    expect(pressureOf([], 5).buyShare).toBeUndefined();
    expect(pressureOf([minute(1, "0", "0")], 5).buyShare).toBeUndefined();
  });
});
