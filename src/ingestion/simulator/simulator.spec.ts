import { faultOf } from "../../domain/trade.js";
import { Simulator, type SimulatorOptions } from "./simulator.js";

const PLAIN: SimulatorOptions = {
  seed: 7,
  rate: 2,
  late: 0,
  duplicate: 0,
  disorder: 0,
  missing: 0,
};
const NOON = Date.UTC(2026, 5, 1, 12);

function day(
  simulator: Simulator,
  symbol = "BTCUSDT",
  count = 5_000,
): ReturnType<Simulator["trade"]>[] {
  const first = simulator.firstFrom(NOON);
  return Array.from({ length: count }, (_, index) => simulator.trade(symbol, first + index));
}

describe("the simulated venue", () => {
  it("makes the same trades from the same seed, wherever it begins", () => {
    const whole = day(new Simulator(PLAIN));
    const again = new Simulator(PLAIN);
    const middle = again.firstFrom(NOON + 1_000_000);
    const offset = middle - again.firstFrom(NOON);
    expect(offset).toBeGreaterThan(1_000);
    const part = Array.from({ length: 500 }, (_, n) => again.trade("BTCUSDT", middle + n));
    expect(part).toEqual(whole.slice(offset, offset + 500));
  });

  it("makes other trades from another seed, rate or symbol, with other ids where they would collide", () => {
    const ids = new Set(day(new Simulator(PLAIN)).map(({ id }) => id));
    for (const change of [{ seed: 8 }, { rate: 3 }])
      expect(day(new Simulator({ ...PLAIN, ...change })).some(({ id }) => ids.has(id))).toBe(false);
    const prices = (symbol: string): string[] =>
      day(new Simulator(PLAIN), symbol, 100).map(({ price }) => price);
    expect(prices("XYZUSDT")).not.toEqual(prices("ABCUSDT"));
  });

  it.each(["BTCUSDT", "ADAUSDT", "UNHEARDOF"])(
    "makes dense ids, rising times and prices that move of %s",
    (symbol) => {
      const trades = day(new Simulator(PLAIN), symbol);
      const faults = trades.map((trade) => faultOf(trade, trade.time));
      expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
      const first = BigInt(trades[0]?.ord ?? "");
      expect(trades.map(({ ord }) => ord)).toEqual(
        trades.map((_, index) => String(first + BigInt(index))),
      );
      const times = trades.map(({ time }) => time);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(new Set(trades.map(({ price }) => price)).size).toBeGreaterThan(20);
      expect(trades[0]?.time).toBeGreaterThanOrEqual(NOON);
    },
  );

  it("trades at its rate", () => {
    const simulator = new Simulator({ ...PLAIN, rate: 50 });
    expect(simulator.firstFrom(NOON + 60_000) - simulator.firstFrom(NOON)).toBe(3_000);
  });

  it("makes its faults in their shares, the same each time", () => {
    const options = {
      ...PLAIN,
      late: 0.1,
      duplicate: 0.2,
      disorder: 0.3,
      missing: 0.05,
    };
    const fates = Array.from({ length: 20_000 }, (_, n) =>
      new Simulator(options).faultsOf("BTCUSDT", n),
    );
    const share = (holds: (fate: (typeof fates)[number]) => boolean): number =>
      fates.filter(holds).length / fates.length;
    expect(share(({ lateMs }) => lateMs > 0)).toBeCloseTo(0.1, 1);
    expect(share(({ duplicate }) => duplicate)).toBeCloseTo(0.2, 1);
    expect(share(({ early }) => early)).toBeCloseTo(0.3, 1);
    expect(share(({ missing }) => missing)).toBeCloseTo(0.05, 1);
    expect(fates.slice(0, 50)).toEqual(
      Array.from({ length: 50 }, (_, n) => new Simulator(options).faultsOf("BTCUSDT", n)),
    );
  });
});
