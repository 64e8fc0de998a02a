import { HOUR_MS } from "../domain/units.js";
import { ConfigError, readConfig } from "./config.js";

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("the configuration", () => {
  it("names every bad variable in one error, those of the contexts too", () => {
    expect(problemsOf({ PORT: "x", SIM_RATE: "fast", RECONCILE_AFTER: "off" })).toEqual([
      'PORT must be an integer from 0 to 65535, not "x"',
      'SIM_RATE must be a number from 0.01 to 10000, not "fast"',
      'RECONCILE_AFTER must be a whole number of m, h or d, such as 3m, not "off"',
    ]);
  });

  it("has the settings of the contexts", () => {
    const { simulator, reconcile } = readConfig({
      SIM_SEED: "7",
      RECONCILE: "3h",
    });
    expect(simulator).toMatchObject({ seed: 7, rate: 0.5 });
    expect(reconcile).toEqual({ back: 3 * HOUR_MS, after: 180_000 });
  });

  it("takes symbols in letters of any script, in composed form", () => {
    expect(readConfig({ FEEDS: "binance:币安人生USDT" }).feeds).toEqual(["binance:币安人生USDT"]);
    expect(problemsOf({ FEEDS: "sim:E\u0301" })).toEqual([
      expect.stringMatching(/^FEEDS must be a list of .*; in Unicode's composed form \(NFC\), not/),
    ]);
  });

  it("takes an empty address as none", () => {
    const config = readConfig({ BINANCE_WS_URL: "", BINANCE_REST_URL: "http://rest" });
    expect(config.venueUrl("binance", "WS")).toBeUndefined();
    expect(config.venueUrl("binance", "REST")).toBe("http://rest");
  });
});
