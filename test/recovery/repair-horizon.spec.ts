import { Logger } from "@nestjs/common";
import { Retention } from "../../src/persistence/schema/retention.js";
import { until } from "../support/app.js";
import { binanceRest } from "../support/exchange/by-id-rest.js";
import type { Dialect } from "../support/exchange/dialect.js";
import { BINANCE, barsOf } from "../support/exchange/kline-rest.js";
import { type Scene, held, sceneOpener } from "./repair-scene.js";

const MARKET = "binance:BTCUSDT";
const MINUTE = 60_000;
/** The first day that is kept; 100 trades before it, 20 s apart, and as many behind. */
const KEPT = Date.UTC(2026, 0, 5);
const timeOf = (id: number): number => KEPT + (id - 200) * 20_000 + 1_000;
/**
 * Numbers that the venue skipped, the last ones at midnight, where the day before is dropped and
 * the day behind is not.
 */
const SKIPPED = [130, 131, 160, 199, 200];
/** A trade of the venue that is not stored here. */
const LOST = 150;

const openScene = sceneOpener();
let scene: Scene;
let lines: string[];

/** Serves trades by id, and the candles of those trades. */
const rest: Dialect["rest"] = (url, trades) => {
  const query = BINANCE.parse(url);
  if (query === undefined) return binanceRest(url, trades);
  const { symbol, interval, start, end } = query;
  const stored = trades(symbol).map((print) => held(MARKET, print));
  const bars = barsOf(stored, interval, BINANCE.convention, timeOf(400));
  return BINANCE.encode(
    bars.filter(({ openTime }) => openTime >= start && openTime < end),
    symbol,
  );
};

async function begin(time = timeOf): Promise<void> {
  scene = await openScene(MARKET, rest);
  lines = [];
  const note = (line: unknown): number => lines.push(String(line));
  const quiet = (): void => undefined;
  Logger.overrideLogger({ log: note, warn: note, error: note, debug: quiet });
  const all = scene.traded(100, 300, time);
  scene.rest.trades = all.filter(({ id }) => !SKIPPED.includes(id));
  await scene.hold(scene.rest.trades.filter(({ id }) => id !== LOST));
  await scene.api.app.get(Retention).advance(KEPT);
}

const minuteOf = (id: number): number => timeOf(id) - (timeOf(id) % MINUTE);

async function incomplete(): Promise<number[]> {
  return (await scene.minutes())
    .filter(({ complete }) => complete === false)
    .map(({ openTime }) => openTime);
}

it("ids that the venue skipped in dropped days are void by its candles, and trades that it has there stay missing", async () => {
  await begin();
  scene.repair();
  const voided = await scene.ended("void", 3);
  expect(voided.map(({ fromId, toId }) => `${fromId}-${toId}`)).toEqual([
    "130-131",
    "160-160",
    "199-200",
  ]);
  for (const { foundAt, endedAt } of voided)
    expect(endedAt).toBeGreaterThanOrEqual(foundAt ?? Infinity);
  expect(await scene.ended("unrepairable")).toEqual([
    expect.objectContaining({
      fromId: String(LOST),
      toId: String(LOST),
      afterTime: null,
      beforeTime: null,
      endedAt: null,
      reason: expect.stringMatching(/^its trades are older than those that are kept/) as string,
    }),
  ]);
  expect(await incomplete()).toEqual([minuteOf(LOST)]);
  // The trade after midnight is kept.
  expect(
    await scene.query("SELECT id_from, after_time, before_time FROM gap ORDER BY id_from"),
  ).toEqual(
    [130, 150, 160, 199].map((id) => ({
      id_from: String(id),
      after_time: null,
      before_time: id === 199 ? String(timeOf(201)) : null,
    })),
  );
  expect(lines).toEqual(
    expect.arrayContaining([
      `${MARKET}: 4 gaps found (ids 130 to 200), 6 trades missing between an unknown time and ${new Date(timeOf(201)).toISOString()}`,
      expect.stringMatching(/^Gap \d+ of binance:BTCUSDT is unrepairable: its/),
      expect.stringMatching(
        /^binance:BTCUSDT: \d gaps? void \(.*\): the venue has no trade for \d ids?; /,
      ),
    ]),
  );
}, 60_000);

it("nothing is void there while the venue's candles cannot be fetched, which is logged once", async () => {
  await begin();
  let isAway = true;
  scene.rest.before = (_url, response) => {
    if (isAway) response.writeHead(503).end("maintenance");
    return isAway;
  };
  scene.repair();
  await until(() => scene.rest.requests.length >= 8, 20_000);
  expect(await scene.gaps("void")).toEqual([]);
  expect(await scene.gaps("unrepairable")).toEqual([]);
  expect(lines.filter((line) => line.includes("503"))).toEqual([
    expect.stringMatching(/^Gap \d+ of binance:BTCUSDT will be retried: 503 maintenance$/),
  ]);
  isAway = false;
  await scene.ended("void", 3);
}, 60_000);

it("a hole of most of a day is not a run of skipped ids: not all of its candles are requested", async () => {
  await begin((id) => timeOf(id) - (id < 130 ? 20 * 60 * MINUTE : 0));
  scene.repair();
  await scene.ended("void", 2);
  const left = await scene.ended("unrepairable", 2);
  expect(left.map(({ fromId }) => fromId)).toEqual(["130", String(LOST)]);
  const requests = scene.rest.requests.filter((url) => url.includes("klines"));
  expect(requests).toHaveLength(3);
}, 60_000);
