import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../support/app.js";
import { binanceRest } from "../support/exchange/by-id-rest.js";
import { type Scene, sceneOpener } from "./repair-scene.js";

const HOUR = 3_600_000;

const openScene = sceneOpener();
let scene: Scene;

it("a venue that was away for hours is queried soon after it is back, and a first incomplete answer causes no long wait", async () => {
  scene = await openScene("binance:BTCUSDT", binanceRest);
  const all = scene.traded(100, 200);
  await scene.hold([...all.slice(0, 50), ...all.slice(60)]);
  let isAway = true;
  scene.rest.before = (_url, response) => {
    if (isAway) response.writeHead(503).end("maintenance");
    return isAway;
  };
  // Attempts counted during the outage would make the next wait an hour.
  scene.repair({ maxRetryMs: HOUR });
  await until(() => scene.rest.requests.length >= 2, 30_000);
  await scene.query("UPDATE gap SET attempts = 500, in_a_row = 500, next_try_at = now()");
  const before = scene.rest.requests.length;
  await until(() => scene.rest.requests.length >= before + 2, 30_000);
  expect((await scene.gaps())[0]).toMatchObject({ state: "repairing" });
  // Back, and seconds behind its stream.
  scene.rest.trades = all.slice(0, 50);
  isAway = false;
  await until(async () => /does not know/.test((await scene.gaps())[0]?.reason ?? ""), 30_000);
  scene.rest.trades = all;
  await scene.ended("repaired");
  await scene.expectWhole(101);
});

it("a hole whose older part the venue does not serve is filled as far as it serves it", async () => {
  scene = await openScene("binance-usdm:BTCUSDT", binanceRest);
  // The newest 1,000 are 2,001–3,000.
  const all = scene.traded(100, 3_000);
  await scene.hold(all.filter(({ id }) => id < 1_900 || id >= 2_100));
  scene.repair();
  const [gap] = await scene.ended("unrepairable");
  await until(async () => (await scene.gaps()).length === 1, 30_000);
  expect(await scene.gaps()).toMatchObject([
    {
      fromId: "1900",
      toId: "2000",
      ids: "101",
      state: "unrepairable",
      reason: expect.stringMatching(/serves the newest 1000/) as string,
    },
  ]);
  expect(gap?.fromId).toBe("1900");
  const before = scene.rest.requests.length;
  await sleep(1_000);
  expect(scene.rest.requests).toHaveLength(before);
});

it("a hole of more parts than an attempt fetches is not given up while each attempt fetches some", async () => {
  scene = await openScene("binance:BTCUSDT", binanceRest);
  const all = scene.traded(0, 500);
  await scene.hold([...all.slice(0, 10), ...all.slice(-10)]);
  const first = scene.repair({ graceMs: HOUR });
  // Noted as one row of the ledger.
  await until(async () => (await scene.query("SELECT FROM gap")).length === 1, 30_000);
  await first.stop();
  // Every second trade comes late by itself: 241 holes of one row, and an attempt fetches a
  // hundred. Seven attempts came before.
  await scene.hold(all.filter(({ id }) => id % 2 === 1));
  await scene.query("UPDATE gap SET outcome = 'told', in_a_row = 7, missing = 242");
  const states = new Set<string>();
  const watch = setInterval(() => {
    void scene
      .query<{ state: string }>("SELECT state FROM gap")
      .then((rows) => rows.forEach(({ state }) => states.add(state)));
  }, 20);
  scene.repair();
  try {
    await scene.ended("repaired", 1, 60_000);
  } finally {
    clearInterval(watch);
  }
  expect([...states]).not.toContain("unrepairable");
  await scene.expectWhole(501);
}, 90_000);
