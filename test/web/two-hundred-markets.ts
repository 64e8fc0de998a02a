import type { Status } from "../../src/api/system/status.js";
import type { Ticker } from "../../src/live/ticker.js";
import { until } from "../support/app.js";
import { type Served, servedPage } from "./served-page.js";

const MARKETS = 200;

export const SYMBOLS: readonly string[] = Array.from(
  { length: MARKETS },
  (_, index) => `M${String(index).padStart(3, "0")}USDT`,
);

/** Opens a page with two hundred simulated markets, all of which trade, for the calling suite. */
export function twoHundredMarkets(started: (served: Served) => void): void {
  servedPage(
    () => ({
      FEEDS: SYMBOLS.map((symbol) => `sim:${symbol}`).join(),
      SIM_HISTORY: "10m",
    }),
    async (served) => {
      const { app } = served;
      await until(
        async () =>
          (await app.get<Status>("/api/v1/status")).waiting === null &&
          (await app.get<Ticker[]>("/api/v1/tickers")).length === MARKETS,
        120_000,
      );
      started(served);
    },
    240_000,
  );
}
