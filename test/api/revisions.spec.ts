import type { Trade } from "../../src/domain/trade.js";
import type { RevisedCandle } from "../../src/persistence/stores/candles/revised-candle-store.js";
import { trade } from "../support/tape.js";
import { apiForSuite } from "./api-suite.js";
import { restClient } from "./rest-client.js";

/** 2024-08-09T00:00:00Z. */
const START = 1_723_161_600_000;
const MINUTE = 60_000;
const MARKET = "binance:REVISED";

describe("the revised candles of a market", () => {
  let url = "";
  const { get, problem } = restClient(() => url);
  const path = (query: string) => `/api/v1/markets/${MARKET}/revisions?interval=1m${query}`;
  const revised = async (query = ""): Promise<RevisedCandle[]> => {
    const { status, body } = await get<RevisedCandle[]>(path(query));
    expect(status).toBe(200);
    return body;
  };

  apiForSuite("1m,5m", async (api) => {
    url = api.url;
    const record = (trades: Trade[]) => api.record(trades);
    await record([trade(MARKET, 100, START + 3 * MINUTE), trade(MARKET, 200, START + 5 * MINUTE)]);
    // Made after their end by history, in two chunks; then one of them is repaired, and a live
    // candle as well.
    await record([
      trade(MARKET, 10, START, { source: "backfill" }),
      trade(MARKET, 20, START + MINUTE, { source: "backfill" }),
    ]);
    await record([trade(MARKET, 21, START + MINUTE, { source: "backfill" })]);
    await record([trade(MARKET, 11, START + 5, { source: "repair" })]);
    await record([trade(MARKET, 101, START + 3 * MINUTE + 5)]);
  });

  it("are listed with their newest revision and all reasons, ascending", async () => {
    const at = expect.any(Number) as number;
    expect(await revised()).toEqual([
      { openTime: START, revision: 2, at, reasons: ["repair", "backfill"] },
      { openTime: START + MINUTE, revision: 2, at, reasons: ["backfill"] },
      { openTime: START + 3 * MINUTE, revision: 1, at, reasons: ["late"] },
    ]);
  });

  it("are those with one of the requested reasons", async () => {
    const times = async (query: string) =>
      (await revised(query)).map(({ openTime }) => (openTime - START) / MINUTE);
    expect(await times("&reasons=late,repair,posted")).toEqual([0, 3]);
    expect(await times("&reasons=backfill")).toEqual([0, 1]);
    expect(await times("&reasons=replay")).toEqual([]);
  });

  it("are paged by time, as candles are", async () => {
    const times = async (query: string) =>
      (await revised(query)).map(({ openTime }) => (openTime - START) / MINUTE);
    expect(await times("&limit=2")).toEqual([1, 3]);
    expect(await times(`&limit=2&start=${START}`)).toEqual([0, 1]);
    expect(await times(`&start=${START + 1}&end=${START + 3 * MINUTE}`)).toEqual([1]);
  });

  it("are refused, naming the wrong field", async () => {
    for (const [query, field] of [
      ["&reasons=late,luck", "reasons"],
      ["&start=9&end=3", "start"],
      ["&limit=1001", "limit"],
    ])
      expect(await problem(path(query as string), 400)).toMatchObject({
        errors: [{ field }],
      });
    expect(await problem(`/api/v1/markets/${MARKET}/revisions?interval=7m`, 400)).toMatchObject({
      errors: [{ field: "interval" }],
    });
  });
});
