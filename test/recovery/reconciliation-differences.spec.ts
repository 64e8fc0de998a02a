import type { Trade } from "../../src/domain/trade.js";
import type { Difference } from "../../src/domain/reconciliation.js";
import { figure } from "../ingestion/feed-under-test.js";
import { until } from "../support/app.js";
import { binanceRest } from "../support/exchange/by-id-rest.js";
import { MINUTES, FEEDS, MARKET, ReconciliationScene, quietLog } from "./reconciliation-scene.js";
import type { Bench, KlineVenue } from "./reconciliation-under-test.js";

let scene: ReconciliationScene;
let venue: KlineVenue;
let bench: Bench;

quietLog();
beforeEach(async () => {
  scene = await ReconciliationScene.open();
  ({ venue, bench } = scene);
});
afterEach(() => scene.close());

async function stateOf(index: number, state: string): Promise<Difference> {
  let found: Difference | undefined;
  await until(
    async () => {
      found = (await scene.differences()).find(
        ({ openTime }) => openTime === scene.minuteOf(index),
      );
      return found?.state === state;
    },
    60_000,
    () => JSON.stringify(found),
  );
  return found as Difference;
}

describe("a minute that differs from the venue's", () => {
  it("because trades are missing is explained, and settled once they are there", async () => {
    const trades = scene.madeTrades();
    const missing = trades[43] as Trade;
    venue.trades.set("BTCUSDT", trades);
    await bench.record([...trades.filter((one) => one !== missing), scene.closing()]);
    const running = await bench.start(venue, FEEDS);
    const difference = await stateOf(8, "confirmed");
    expect(difference).toMatchObject({ outcome: "differs", complete: false });
    expect(difference.fields).toContainEqual({
      field: "trades",
      ours: "4",
      theirs: "5",
      judged: true,
    });
    await scene.compared();
    expect(await bench.day(MARKET)).toMatchObject({
      matched: MINUTES - 1,
      incomplete: 1,
      matchRatio: (MINUTES - 1) / MINUTES,
    });
    expect(running.bulk).toEqual([]);
    expect(await scene.rests()).toBe(true);
    await bench.record([missing]);
    const settled = await stateOf(8, "resolved");
    expect(settled.foundAt).toBe(difference.foundAt);
    await scene.compared();
    expect((await bench.day(MARKET)).matchRatio).toBe(1);
    expect(
      await bench.results.of(MARKET, "1m", scene.minuteOf(8), bench.tape.source.manager),
    ).toMatchObject({
      outcome: "match",
      difference: { state: "resolved", outcome: "differs" },
    });
  });

  it("although no trade is missing has its trades fetched again once, and is reported if it stays", async () => {
    const trades = scene.madeTrades();
    venue.trades.set("BTCUSDT", trades);
    venue.serve = (bars) =>
      bars.map((bar) => (bar.openTime === scene.minuteOf(12) ? { ...bar, volume: "77.5" } : bar));
    let fetched = 0;
    venue.instead = (url, response) => {
      const prints = trades.map(({ ord, price, amount, takerSide, time }) => ({
        symbol: "BTCUSDT",
        id: Number(ord),
        price,
        amount,
        takerSide: takerSide as "buy" | "sell",
        time,
      }));
      const body = binanceRest(url, () => prints);
      if (body === undefined) return false;
      fetched++;
      response.end(JSON.stringify(body));
      return true;
    };
    await bench.record([...trades, scene.closing()]);
    const before = await bench.tape.candles.page({
      market: MARKET,
      interval: "1m",
      limit: 100,
    });
    const running = await bench.start(venue, FEEDS);
    const difference = await stateOf(12, "confirmed");
    expect(difference).toMatchObject({
      outcome: "differs",
      complete: true,
      fields: [{ field: "volume", theirs: "77.5", judged: true }],
    });
    expect(fetched).toBe(1);
    expect(running.bulk.map((record) => "ord" in record && record.ord)).toEqual([
      "1060",
      "1061",
      "1062",
      "1063",
      "1064",
    ]);
    expect(running.bulk[0]).toMatchObject({ source: "repair" });
    expect(await scene.rests()).toBe(true);
    expect(fetched).toBe(1);
    const confirmed = "tapeline_differences_confirmed_total";
    expect(await figure(running.metrics, confirmed)).toBe(1);
    const { market, limit } = { market: MARKET, limit: 100 };
    const after = await bench.tape.candles.page({
      market,
      interval: "1m",
      limit,
    });
    expect(after).toEqual(before);
  });

  it("because the venue's REST is seconds behind its stream is resolved at the second comparison", async () => {
    const trades = scene.madeTrades();
    venue.trades.set("BTCUSDT", trades);
    let isBehind = true;
    venue.serve = (bars) =>
      bars.map((bar) =>
        isBehind && bar.openTime === scene.minuteOf(12)
          ? { ...bar, volume: "0.5", trades: 1 }
          : bar,
      );
    await bench.record([...trades, scene.closing()]);
    const running = await bench.start(venue, { ...FEEDS, recheck: 1_500 });
    await stateOf(12, "suspected");
    isBehind = false;
    await stateOf(12, "resolved");
    await scene.compared();
    expect((await bench.day(MARKET)).matchRatio).toBe(1);
    const confirmed = "tapeline_differences_confirmed_total";
    expect((await figure(running.metrics, confirmed)) ?? 0).toBe(0);
  });

  it("is missing here, or missing there", async () => {
    const trades = scene.madeTrades();
    const ours = trades.filter(({ time }) => time < scene.minuteOf(5) || time >= scene.minuteOf(6));
    venue.trades.set(
      "BTCUSDT",
      trades.filter(({ time }) => time < scene.minuteOf(9) || time >= scene.minuteOf(10)),
    );
    await bench.record([...ours, scene.closing()]);
    await bench.start(venue, FEEDS);
    const here = await stateOf(5, "confirmed");
    expect(here).toMatchObject({
      outcome: "missing_here",
      complete: false,
      version: 0,
    });
    expect(here.fields).toHaveLength(9);
    expect(await stateOf(9, "confirmed")).toMatchObject({
      outcome: "missing_there",
      complete: true,
    });
    await bench.record(trades.slice(25, 30));
    await stateOf(5, "resolved");
  });
});
