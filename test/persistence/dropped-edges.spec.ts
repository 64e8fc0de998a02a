import { readConfig } from "../../src/config/config.js";
import type { Candle } from "../../src/domain/candle.js";
import type { Trade } from "../../src/domain/trade.js";
import { Metrics } from "../../src/metrics/metrics.js";
import { RecorderFigures } from "../../src/persistence/figures/recorder-figures.js";
import { HistoryLoader } from "../../src/persistence/merge/history-loader.js";
import { MarketRegistry } from "../../src/persistence/merge/market-registry.js";
import { verify } from "../../src/persistence/merge/verify.js";
import type { Recorder } from "../../src/persistence/recorder/recorder.js";
import { serverDatabase } from "../../src/persistence/schema/database.js";
import { Retention } from "../../src/persistence/schema/retention.js";
import { tapeForEachTest } from "../support/tape-suite.js";
import { type Tape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;
/** The first day that is kept. */
const KEPT = Date.UTC(2024, 7, 9);
const M = "binance:D";
const INTERVALS = "1m,3m,1h,1d";
let tape: Tape;
let recorder: Recorder;
tapeForEachTest(INTERVALS, (opened) => {
  tape = opened;
  ({ recorder } = tape.recorder());
});

/** Ids from `from` on, ten minutes apart from `time` on. */
function series(from: number, count: number, time: number): Trade[] {
  return Array.from({ length: count }, (_, index) =>
    trade(M, from + index, time + index * 10 * MINUTE),
  );
}

async function record(...trades: Trade[]): Promise<void> {
  await recorder.record(trades, never);
}

async function drop(): Promise<void> {
  const { source, partitions } = tape;
  await new Retention(readConfig({}), source, partitions).advance(KEPT);
  await tape.source.query("DELETE FROM announcement");
}

type Said = Pick<Candle, "complete" | "version" | "closed">;

async function said(): Promise<Map<string, Said>> {
  const rows = new Map<string, Said>();
  for (const interval of ["1m", "3m", "1h", "1d"] as const) {
    const query = { market: M, interval, start: 0, limit: 1_000 };
    for (const { openTime, complete, version, closed } of await tape.candles.page(query))
      rows.set(`${interval} ${new Date(openTime).toISOString().slice(5, 16)}`, {
        complete,
        version,
        closed,
      });
  }
  return rows;
}

/**
 * Expects a new version and a publication of each candle whose completeness has changed. Returns
 * those of dropped days.
 */
async function toldAfter(change: () => Promise<unknown>): Promise<string[]> {
  const before = await said();
  await change();
  const after = await said();
  const changed = [...after].filter(
    ([key, { complete }]) => before.has(key) && before.get(key)?.complete !== complete,
  );
  const announced: { key: string }[] = await tape.source.query(
    `SELECT interval || ' ' || to_char(moment(open_time), 'MM-DD"T"HH24:MI') AS key FROM announcement`,
  );
  const keys = announced.flatMap(({ key }) => (before.has(key) ? [key] : []));
  for (const [key, { version, closed }] of changed) {
    expect([key, version]).not.toEqual([key, before.get(key)?.version]);
    // The writer publishes open candles itself.
    if (closed) expect(keys).toContain(key);
  }
  // Few neighbours, not all candles.
  expect(keys.length).toBeLessThan(before.size / 2);
  for await (const verdict of verify(tape.source))
    expect(verdict).toMatchObject({ differences: 0, uncoveredIds: "0" });
  return changed
    .map(([key]) => key)
    .filter((key) => key.includes("08-08") || key.includes("08-07"))
    .sort();
}

/**
 * 08-08 to 23:50 has ids 100–243, then three are missing around midnight, and from 00:30 on there
 * are ids again.
 */
async function holeAtTheHorizon(): Promise<void> {
  await record(...series(100, 144, KEPT - DAY), ...series(247, 60, KEPT + 30 * MINUTE));
  await drop();
}
const BESIDE = ["1d 08-08T00:00", "1h 08-08T23:00", "1m 08-08T23:50", "3m 08-08T23:48"];

async function makeVoid(from: number, to: number): Promise<void> {
  await tape.ledger.sweep([M]);
  const [gap] = await tape.ledger.due([M], 0);
  if (gap === undefined) throw new Error("no gap is due");
  const ids = [{ from: BigInt(from), to: BigInt(to + 1) }];
  await tape.ledger.absent(gap, ids, 0);
  await tape.ledger.absent(gap, ids, 0);
}

/** Loads a whole day that is not kept, as a backfill does. */
async function loadDay(trades: readonly Trade[]): Promise<void> {
  const { source, partitions } = tape;
  const store = new HistoryLoader(
    serverDatabase(tape.url),
    source,
    new MarketRegistry(source),
    partitions,
    new RecorderFigures(new Metrics()),
  );
  const load = await store.open(trades[0] as Trade, never);
  async function* pages(): AsyncGenerator<readonly Trade[]> {
    yield await Promise.resolve(trades);
  }
  await load.storeDroppedDay(pages, () => Promise.resolve());
  await load.close();
}

it("a gap below a dropped trade is noted without a time after it: the next that is kept may be days away", async () => {
  await record(
    ...series(100, 30, KEPT - DAY),
    ...series(134, 100, KEPT - DAY + 6 * HOUR),
    ...series(234, 20, KEPT),
  );
  await drop();
  expect((await tape.ledger.sweep([M])).news).toMatchObject([
    { event: "found", fromId: "130", toId: "133", before: null },
  ]);
});

describe("beside a day whose trades were dropped, a candle whose completeness changes has a new version", () => {
  it("when a hole at the horizon is filled", async () => {
    await holeAtTheHorizon();
    expect(await toldAfter(() => record(...series(244, 3, KEPT)))).toEqual(BESIDE);
  });

  it("when it is filled in two steps", async () => {
    await holeAtTheHorizon();
    await record(...series(245, 1, KEPT + 5 * MINUTE));
    await tape.source.query("DELETE FROM announcement");
    expect(await toldAfter(() => record(...series(246, 1, KEPT + 6 * MINUTE)))).toEqual([]);
    await tape.source.query("DELETE FROM announcement");
    expect(await toldAfter(() => record(...series(244, 1, KEPT + MINUTE)))).toEqual(BESIDE);
  });

  it("when the venue has no trade for the hole", async () => {
    await holeAtTheHorizon();
    expect(await toldAfter(() => makeVoid(244, 246))).toEqual(BESIDE);
  });

  it("when a hole within it turns out to be void", async () => {
    await record(
      ...series(100, 30, KEPT - DAY),
      ...series(134, 100, KEPT - DAY + 6 * HOUR),
      ...series(234, 20, KEPT),
    );
    await drop();
    expect(await toldAfter(() => makeVoid(130, 133))).toEqual([
      "1d 08-08T00:00",
      "1h 08-08T04:00",
      "1h 08-08T06:00",
      "1m 08-08T04:50",
      "1m 08-08T06:00",
      "3m 08-08T04:48",
      "3m 08-08T06:00",
    ]);
  });

  it("when the day before it is loaded", async () => {
    await record(...series(200, 144, KEPT - DAY), ...series(344, 20, KEPT));
    await drop();
    expect(await toldAfter(() => loadDay(series(100, 100, KEPT - 2 * DAY)))).toEqual([
      "1d 08-08T00:00",
      "1h 08-08T00:00",
      "1m 08-08T00:00",
      "3m 08-08T00:00",
    ]);
  });
});
