import { madeCandle } from "./made-candle.fixture.js";
import { figuresOf } from "./minute-figures.js";

describe("figures of the newest minutes", () => {
  const minutes = (count: number) =>
    [...Array(count).keys()].map((at) => madeCandle(at, { close: at % 2 === 0 ? "100" : "101" }));

  it("state the window of the volatility, without the open candle", () => {
    const rows = [...minutes(40), madeCandle(40, { closed: false, close: "9" })];
    const { volatility } = figuresOf(rows);
    expect(volatility?.windowMs).toBe(40 * 60_000);
    // Every minute ln 1.01 up or down.
    const perMinute = Math.log(1.01);
    expect(volatility?.value).toBeCloseTo(perMinute * Math.sqrt(525_600), 1);
  });

  it("look back eight hours at most", () => {
    const { volatility } = figuresOf(minutes(2_000));
    expect(volatility?.windowMs).toBe(481 * 60_000);
  });

  it("have no volatility with too few minutes", () => {
    expect(figuresOf(minutes(29)).volatility).toBeUndefined();
    expect(figuresOf([]).volatility).toBeUndefined();
  });

  it("have the pressure of one, five and fifteen minutes", () => {
    const { pressure } = figuresOf(minutes(20));
    expect(pressure.map(({ minutes: each }) => each)).toEqual([1, 5, 15]);
    expect(pressure[1]?.buy).toBe("35");
  });
});
