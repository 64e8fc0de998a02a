import { type ChartState, chartParams, chartState, rangeIn } from "./chart-state.js";
import { parseStudies, studyName, studyText } from "./study-spec.js";

function stateOf(search: string): ChartState {
  const params = new URLSearchParams(search);
  return chartState((name) => params.get(name));
}

function searchOf(state: Partial<ChartState>): string {
  const given = Object.entries(chartParams(state)).flatMap(([name, value]) =>
    value === null ? [] : [[name, value]],
  );
  return new URLSearchParams(given).toString();
}

describe("the state of a chart in its address", () => {
  it.each<Partial<ChartState>>([
    {},
    { interval: "4h", log: true },
    { studies: [] },
    { bars: 77 },
    { range: { from: 1_723_161_600_000, to: 1_723_165_200_000 } },
    {
      interval: "1M",
      studies: parseStudies("ema9,bb20-2.5,vwap,macd12-26-9,rsi14,vsma50"),
    },
  ])("is the same after a link has carried it: %j", (changed) => {
    const state = { ...stateOf(""), ...changed };
    expect(stateOf(searchOf(state))).toEqual(state);
  });

  it("is empty for the defaults", () => {
    expect(searchOf(stateOf(""))).toBe("");
  });

  it("falls back to the defaults where a link is invalid", () => {
    const usual = stateOf("");
    for (const search of [
      "i=7m",
      "i=constructor",
      "log=yes",
      "from=5&to=4",
      "from=-1&to=abc",
      "to=99",
      "bars=0",
      "bars=1e9",
    ])
      expect(stateOf(search)).toEqual(usual);
  });
});

describe("a range in another interval", () => {
  it("ends where it ended, with as many candles", () => {
    const to = 1_723_165_200_000;
    const hour = { from: to - 60 * 60_000, to };
    const longer = rangeIn("1h", hour, "1m");
    expect(longer).toEqual({ from: to - 60 * 3_600_000, to });
    expect(rangeIn("1m", longer, "1h")).toEqual(hour);
    expect(rangeIn("1M", { from: 0, to }, "1m").from).toBe(0);
  });
});

describe("studies in an address", () => {
  it("have default periods where none are given", () => {
    expect(parseStudies("macd,bb,vwap").map(studyText)).toEqual(["macd12-26-9", "bb20-2", "vwap"]);
  });

  it("are ignored when unknown, duplicate or with impossible numbers", () => {
    const text = "sma20,sma20,sma0,sma501,sma2.5,sma-5,sma20-3,bb20-0.25,toString,,rsi1,vwap3,MACD";
    expect(parseStudies(text).map(studyText)).toEqual(["sma20"]);
    const many = [...Array(40).keys()].map((at) => `sma${at + 1}`);
    expect(parseStudies(many.join())).toHaveLength(10);
  });

  it("are named with their periods", () => {
    expect(parseStudies("sma200,macd,vwap").map(studyName)).toEqual([
      "SMA 200",
      "MACD 12 26 9",
      "VWAP",
    ]);
  });
});
