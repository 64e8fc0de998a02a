import { setTimeout as sleep } from "node:timers/promises";
import type { Candle } from "../../src/domain/candle.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { RecorderFigures } from "../../src/persistence/figures/recorder-figures.js";
import { Announcer } from "../../src/persistence/recorder/announcer.js";
import { InProcessTransport } from "../../src/streaming/in-process/in-process-transport.js";
import type { DeliveryHandler, Transport } from "../../src/streaming/transport.js";
import { until } from "../support/app.js";
import { type Tape, confirmed, openTape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const NOON = Date.UTC(2024, 0, 2, 12);
const MINUTE = 60_000;
const M = "binance:N";
let tape: Tape;
let transport: Transport;
let heard: Candle[];
let made: Announcer[];
beforeEach(async () => {
  tape = await openTape("1m");
  transport = new InProcessTransport();
  heard = [];
  made = [];
  const listen: DeliveryHandler = ({ records }) =>
    Promise.resolve(void heard.push(...(records as Candle[])));
  await transport.subscribe({
    group: "test.api",
    ephemeral: true,
    handlers: new Map([["candles", listen]]),
    lanes: 1,
    maxBatch: 1_000,
    paceMs: 0,
  });
});
afterEach(async () => {
  // Also those of a test that failed: a timer that goes on would keep the run from ending.
  for (const each of made) await each.stop();
  await transport.close();
  await tape.close();
});

/** A recorder process as far as announcing goes; abandoning it is what `kill -9` leaves. */
function announcer(topics = transport): Announcer {
  const one = new Announcer(tape.source, topics, tape.candles, new RecorderFigures(new Metrics()));
  made.push(one);
  return one;
}
const left = async (): Promise<number> => {
  const [row] = await tape.source.query<[{ left: number }]>(
    `SELECT count(*)::integer AS left FROM announcement`,
  );
  return row.left;
};
const closings = (): string[] =>
  heard
    .filter(({ closed }) => closed)
    .map(({ openTime, revision }) => `${(openTime - NOON) / MINUTE} r${revision}`);

it("announces what was closed and revised by a process that was killed before it published", async () => {
  const { recorder } = tape.recorder();
  await recorder.record(
    confirmed([trade(M, 1, NOON), trade(M, 3, NOON + MINUTE), trade(M, 9, NOON + 2 * MINUTE)]),
    never,
  );
  await recorder.record(confirmed([trade(M, 2, NOON + 5)]), never);
  expect(await left()).toBe(2);
  expect(heard).toEqual([]);
  const next = announcer();
  next.start();
  await until(() => closings().length >= 2, 30_000);
  expect(closings().sort()).toEqual(["0 r1", "1 r0"]);
  await until(async () => (await left()) === 0, 30_000);
  await next.stop();
});

/*
 * The usual case: a candle is closed by a later batch than the one that created it. The
 * announcement of these could once be removed from the merge without a failing test.
 */
it.each([
  ["trade", trade(M, 2, NOON + MINUTE)],
  ["clock", { market: M, clock: NOON + MINUTE }],
])(
  "announces a candle that a later batch's %s closed, although its publishing failed and its process died",
  async (_, closing) => {
    const { recorder } = tape.recorder();
    await recorder.record(confirmed([trade(M, 1, NOON)]), never);
    expect(await left()).toBe(0);
    const { candles } = await recorder.record(confirmed([closing]), never);
    expect(await left()).toBe(1);
    const unreachable = new InProcessTransport();
    await unreachable.close();
    await expect(announcer(unreachable).publish(candles, never)).rejects.toMatchObject({
      code: "closed",
    });
    expect(heard).toEqual([]);
    const next = announcer();
    next.start();
    await until(() => closings().length > 0, 30_000);
    expect(closings()).toEqual(["0 r0"]);
    await until(async () => (await left()) === 0, 30_000);
    await next.stop();
  },
);

it("publishes again what a later batch closed and a killed process had published without deleting the announcement", async () => {
  const { recorder } = tape.recorder();
  await recorder.record(confirmed([trade(M, 1, NOON)]), never);
  const { candles } = await recorder.record([{ market: M, clock: NOON + MINUTE }], never);
  await announcer().publish(candles, never);
  await until(() => closings().length > 0, 30_000);
  const next = announcer();
  next.start();
  await until(async () => (await left()) === 0, 30_000);
  expect(closings()).toEqual(["0 r0", "0 r0"]);
  await next.stop();
});

it("publishes again, once, what a killed process had published without deleting the announcement", async () => {
  const { recorder } = tape.recorder();
  const { candles } = await recorder.record(
    confirmed([trade(M, 1, NOON), trade(M, 2, NOON + MINUTE)]),
    never,
  );
  await announcer().publish(candles, never);
  await until(() => closings().length > 0, 30_000);
  expect(closings()).toEqual(["0 r0"]);
  expect(await left()).toBe(1);
  const next = announcer();
  next.start();
  await until(async () => (await left()) === 0, 30_000);
  expect(closings()).toEqual(["0 r0", "0 r0"]);
  await sleep(2_500);
  expect(closings()).toHaveLength(2);
  await next.stop();
});

it("keeps the announcement of a candle that changed again between its publication and the deletion", async () => {
  const { recorder } = tape.recorder();
  const first = await recorder.record(
    confirmed([trade(M, 1, NOON), trade(M, 3, NOON + MINUTE)]),
    never,
  );
  const living = announcer();
  await living.publish(first.candles, never);
  await recorder.record(confirmed([trade(M, 2, NOON + 7)]), never);
  await living.stop();
  expect(await left()).toBe(1);
  const next = announcer();
  next.start();
  await until(() => closings().includes("0 r1"), 30_000);
  await next.stop();
});

it("deletes an announcement only after the topic has the candle", async () => {
  const { recorder } = tape.recorder();
  const { candles } = await recorder.record(
    confirmed([trade(M, 1, NOON), trade(M, 2, NOON + MINUTE)]),
    never,
  );
  await transport.close();
  const living = announcer();
  await expect(living.publish(candles, never)).rejects.toMatchObject({
    code: "closed",
  });
  await living.stop();
  expect(await left()).toBe(1);
});

it("publishes the open and the newest closed candles of its assigned markets, and no others", async () => {
  const { recorder } = tape.recorder();
  await recorder.record(
    confirmed([
      trade(M, 1, NOON),
      trade(M, 2, NOON + MINUTE),
      trade(M, 3, NOON + 2 * MINUTE),
      trade("binance:OTHER", 1, NOON),
    ]),
    never,
  );
  const next = announcer();
  next.assigned((market) => market === M);
  await until(() => heard.length >= 2, 30_000);
  expect(
    heard
      .map(({ market, openTime, closed }) => [market, (openTime - NOON) / MINUTE, closed])
      .sort(),
  ).toEqual([
    [M, 1, true],
    [M, 2, false],
  ]);
  await next.stop();
});

it("leaves a consumer with the newest version although an older one is published last", async () => {
  const { recorder } = tape.recorder();
  const older = await recorder.record(
    confirmed([trade(M, 1, NOON), trade(M, 2, NOON + MINUTE)]),
    never,
  );
  const newer = await recorder.record(confirmed([trade(M, 3, NOON + 9, { price: "7" })]), never);
  // Around a rebalance the old recorder may be slower than the new one.
  await announcer().publish(newer.candles, never);
  await announcer().publish(older.candles, never);
  await until(() => heard.filter(({ openTime }) => openTime === NOON).length === 2, 30_000);
  const newest = new Map<number, Candle>();
  for (const candle of heard)
    if (candle.version > (newest.get(candle.openTime)?.version ?? 0))
      newest.set(candle.openTime, candle);
  const [stored] = await tape.candles.page({
    market: M,
    interval: "1m",
    start: NOON,
    limit: 1,
  });
  expect(newest.get(NOON)).toEqual(stored);
});
