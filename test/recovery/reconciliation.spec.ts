import { setTimeout as sleep } from "node:timers/promises";
import { figure } from "../ingestion/feed-under-test.js";
import { until } from "../support/app.js";
import {
  FEEDS,
  MARKET,
  MINUTE,
  MINUTES,
  ReconciliationScene,
  quietLog,
} from "./reconciliation-scene.js";
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

describe("minutes that equal the venue's", () => {
  it("are compared in one request, and not again after a restart", async () => {
    const trades = scene.madeTrades();
    venue.trades.set("BTCUSDT", trades);
    await bench.record([...trades, scene.closing()]);
    const running = await bench.start(venue, FEEDS);
    await scene.compared();
    expect(await bench.day(MARKET)).toEqual({
      compared: MINUTES,
      matched: MINUTES,
      incomplete: 0,
      unjudged: 0,
      matchRatio: 1,
    });
    expect(await scene.differences()).toEqual([]);
    expect(await scene.rests()).toBe(true);
    expect(
      await bench.results.of(MARKET, "1m", scene.minuteOf(3), bench.tape.source.manager),
    ).toMatchObject({
      outcome: "match",
      difference: null,
    });
    expect(
      await bench.results.of(MARKET, "1m", scene.minuteOf(0), bench.tape.source.manager),
    ).toMatchObject({ outcome: "match", difference: null });
    expect(await figure(running.metrics, "tapeline_match_ratio")).toBe(1);
    await running.stop();
    const before = venue.klineRequests;
    const again = await bench.start(venue, FEEDS);
    await until(async () => (await figure(again.metrics, "tapeline_match_ratio")) === 1, 30_000);
    expect(venue.klineRequests).toBe(before);
  });

  it("are those also in which the record begins, where a difference is shown and not judged", async () => {
    const trades = scene.madeTrades();
    venue.trades.set("BTCUSDT", trades);
    await bench.record([...trades.slice(2), scene.closing()]);
    await bench.start(venue, FEEDS);
    await scene.compared();
    expect(await bench.day(MARKET)).toMatchObject({
      compared: MINUTES,
      matched: MINUTES,
      unjudged: 1,
    });
    expect(await scene.differences()).toMatchObject([
      { openTime: scene.minuteOf(0), state: "unjudged", outcome: "match", complete: null },
    ]);
  });

  it("of a market that is followed later are compared, by a process that followed none", async () => {
    const trades = scene.madeTrades();
    venue.trades.set("BTCUSDT", trades);
    await bench.record([...trades, scene.closing()]);
    const { followed } = await bench.start(venue, { feeds: "sim:BTCUSDT" });
    await sleep(300);
    expect(venue.klineRequests).toBe(0);
    followed.add([MARKET]);
    await scene.compared();
    followed.remove([MARKET]);
    await bench.record(scene.madeTrades(MINUTES + 5).slice(trades.length));
    expect(await scene.rests()).toBe(true);
    await scene.compared();
  });

  it("count those in which neither side has a trade", async () => {
    const trades = scene
      .madeTrades()
      .filter(({ time }) => time < scene.minuteOf(10) || time >= scene.minuteOf(15));
    const dense = trades.map((one, index) => ({
      ...one,
      ord: String(1_000 + index),
    }));
    venue.trades.set("BTCUSDT", dense);
    await bench.record([...dense, scene.closing()]);
    await bench.start(venue, FEEDS);
    await scene.compared();
    expect((await bench.day(MARKET)).matchRatio).toBe(1);
  });

  it("are compared as they close, some time after", async () => {
    const trades = scene.madeTrades();
    venue.trades.set("BTCUSDT", trades);
    await bench.record([...trades.slice(0, 50), scene.closing(10)]);
    // The tenth minute closed 60 minutes ago, or a little more.
    const late = await bench.start(venue, { ...FEEDS, after: 65 * MINUTE });
    await until(async () => (await bench.day(MARKET)).compared >= 5, 30_000);
    expect((await bench.day(MARKET)).compared).toBeLessThanOrEqual(6);
    await late.stop();
    await bench.start(venue, FEEDS);
    await scene.compared(10);
    await bench.record(trades.slice(50, 75));
    // The newest of them is still open.
    await scene.compared(14);
  });
});

it("compares the newest first, no further back than configured", async () => {
  scene.first -= 3_000 * MINUTE;
  const trades = scene.madeTrades(3_000 + MINUTES, 1);
  venue.trades.set("BTCUSDT", trades);
  venue.serve = () => [];
  await bench.record([...trades, scene.closing(3_000 + MINUTES)]);
  const back = 2_500 * MINUTE;
  await bench.start(venue, { ...FEEDS, back, every: 60_000 });
  await until(() => venue.klineRequests === 3, 20_000);
  const starts = venue.requests.map((url) => Number(url.searchParams.get("startTime")));
  expect(starts).toEqual([...starts].sort((a, b) => b - a));
  expect(starts[2]).toBeGreaterThan(Date.now() - back - 5 * MINUTE);
  for (const url of venue.requests) {
    const at = (name: string): number => Number(url.searchParams.get(name));
    expect((at("endTime") + 1 - at("startTime")) / MINUTE).toBeLessThanOrEqual(1_000);
  }
});

it("sends no request for markets that another process claims, or that no feed follows", async () => {
  const trades = scene.madeTrades();
  venue.trades.set("BTCUSDT", trades);
  const claimant = await bench.start(venue, FEEDS);
  await sleep(300);
  await bench.record([...trades, scene.closing()]);
  const other = await bench.start(venue, FEEDS);
  const none = await bench.start(venue, { feeds: "" });
  await scene.compared();
  expect(venue.klineRequests).toBe(1);
  const count = "tapeline_candles_compared_total";
  expect(await figure(claimant.metrics, count)).toBe(MINUTES);
  expect(await figure(other.metrics, count)).toBe(0);
  expect(await figure(none.metrics, count)).toBe(0);
});
