import type { Trade } from "../../src/domain/trade.js";
import { Follower } from "../api/live-client.js";
import { until } from "../support/app.js";
import { binanceRest, okxRest } from "../support/exchange/by-id-rest.js";
import { coinbaseDialect } from "../support/exchange/coinbase-dialect.js";
import type { Dialect } from "../support/exchange/dialect.js";
import { krakenDialect } from "../support/exchange/kraken-dialect.js";
import { NOON, type Scene, sceneOpener } from "./repair-scene.js";

const MINUTE = 60_000;

const openScene = sceneOpener();
let scene: Scene;

const VENUES: [string, Dialect["rest"]][] = [
  ["binance:BTCUSDT", binanceRest],
  ["coinbase:BTC-USD", coinbaseDialect(["BTC-USD"]).rest],
  ["kraken:BTC/USD", krakenDialect(["BTC/USD"]).rest],
  ["okx:BTC-USDT", okxRest],
];

describe.each(VENUES)("a hole in %s", (market, dialect) => {
  beforeEach(async () => {
    scene = await openScene(market, dialect);
    scene.traded(100, 400);
    await scene.hold(scene.rest.trades.slice(0, 80));
    await scene.hold(scene.rest.trades.slice(200));
  });

  it("is fetched from the venue, and every client that has its candles is updated", async () => {
    const client = await scene.api.client();
    const channel = { channel: "candles", market, interval: "1m" } as const;
    const follower = new Follower(client, channel);
    await follower.begin();
    const before = await scene.minutes();
    scene.repair();
    const [gap] = await scene.ended("repaired");
    expect(gap).toMatchObject({
      fromId: "180",
      toId: "299",
      ids: "120",
      afterTime: NOON + 179_000,
      beforeTime: NOON + 300_000,
      state: "repaired",
      reason: null,
    });
    await scene.expectWhole(301);
    expect(await scene.gaps()).toEqual([]);
    const after = await scene.minutes();
    const complete = after.map((candle) => candle.complete);
    expect(complete).toEqual([null, ...complete.slice(1).map(() => true)]);
    await until(() => JSON.stringify(follower.state()) === JSON.stringify(after), 30_000);
    // The minutes of 180–299 s are full revisions, that of 120–179 s is complete now, and the
    // others have not changed.
    for (const candle of before) {
      const minute = (candle.openTime - NOON) / MINUTE;
      const now = after.find(({ openTime }) => openTime === candle.openTime);
      if (minute <= 1) expect(now).toEqual(candle);
      if (minute === 2)
        expect(now).toEqual({
          ...candle,
          complete: true,
          version: now?.version,
        });
    }
    for (const minute of [3, 4]) {
      const openTime = NOON + minute * MINUTE;
      expect(after.find((candle) => candle.openTime === openTime)).toMatchObject({
        trades: 60,
        closed: true,
      });
      expect(follower.closed).toContain(`${openTime} 1`);
    }
    const [first] = await scene.get<Trade[]>("/trades?fromId=180&limit=1");
    expect(first).toMatchObject({ ord: "180", source: "repair" });
  });

  it("without trades at the venue is void, and the candles beside it are complete", async () => {
    scene.rest.trades = scene.rest.trades.filter(({ id }) => id < 180 || id >= 300);
    scene.repair();
    const [gap] = await scene.ended("void");
    expect(gap).toMatchObject({ fromId: "180", toId: "299", reason: null });
    await scene.expectWhole(181);
    const after = await scene.minutes();
    expect(after.slice(1).every(({ complete }) => complete === true)).toBe(true);
    expect(after.every(({ revision }) => revision === 0)).toBe(true);
    expect(await scene.get()).toMatchObject({
      coverage: { void: "120", held: "181" },
    });
  });
});

it("trades that Kraken does not serve, since more than a page are of one nanosecond, are a gap that says so", async () => {
  const dialect = krakenDialect(["BTC/USD"]).rest;
  scene = await openScene("kraken:BTC/USD", dialect);
  const all = scene.traded(1, 1_500, (id) => NOON + Math.max(0, id - 1_200));
  await scene.hold(all.filter(({ id }) => id <= 1_000 || id > 1_200));
  scene.repair();
  const [gap] = await scene.ended("unrepairable");
  expect(gap).toMatchObject({ fromId: "1001", toId: "1200" });
  expect(gap?.reason).toMatch(/the venue returns nothing for these ids/);
});
