import { reasonsOf } from "./revision.js";
import { TRADE_SOURCES } from "./trade.js";

it("says why a closed candle changed, each reason once and in their order", () => {
  expect(reasonsOf([])).toEqual([]);
  expect(reasonsOf(["live"])).toEqual(["late"]);
  expect(reasonsOf(["simulated"])).toEqual(["late"]);
  expect(reasonsOf(["simulated", "live"])).toEqual(["late"]);
  expect(reasonsOf(["posted", "repair", "live", "posted"])).toEqual(["late", "repair", "posted"]);
  expect(reasonsOf(TRADE_SOURCES)).toEqual(["late", "repair", "backfill", "replay", "posted"]);
});
