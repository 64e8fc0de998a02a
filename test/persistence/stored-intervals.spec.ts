import fc from "fast-check";
import type { PoolClient } from "pg";
import { INTERVALS, type Interval, nextOpenTime, openTimeOf } from "../../src/domain/interval.js";
import type { Trade } from "../../src/domain/trade.js";
import { verify } from "../../src/persistence/merge/verify.js";
import { RebuildRun } from "../../src/persistence/rebuild/rebuild-run.js";
import { migrate, serverDatabase } from "../../src/persistence/schema/database.js";
import { StoredIntervals } from "../../src/persistence/stores/stored-intervals.js";
import { UnbuiltStore } from "../../src/persistence/stores/unbuilt-store.js";
import { fold, foldedPart } from "../support/fold.js";
import { type Tape, confirmed, openTape, trade } from "../support/tape.js";

const never = new AbortController().signal;
const START = Date.UTC(2024, 0, 28);
const DAY = 86_400_000;
let tape: Tape;
let intervals: StoredIntervals;
let unbuilt: UnbuiltStore;
let serial = 0;
beforeAll(async () => {
  tape = await openTape();
  intervals = new StoredIntervals(tape.source);
  unbuilt = new UnbuiltStore(tape.source);
});
afterAll(async () => {
  await tape.close();
});

async function record(...trades: Trade[]): Promise<void> {
  const { refusals } = await tape.recorder().recorder.record(confirmed(trades), never);
  expect(refusals).toEqual([]);
}

/** Builds up to `passes` steps of each market and interval. */
async function build(passes = Infinity, of = tape): Promise<void> {
  const store = new UnbuiltStore(of.source);
  const runner = of.source.createQueryRunner();
  try {
    const run = new RebuildRun((await runner.connect()) as PoolClient, () => undefined, Infinity);
    let left = await store.left();
    for (let pass = 0; pass < passes && left.length > 0; pass++) {
      if (!(await run.pass(left, never))) return;
      left = await store.left();
    }
  } finally {
    await runner.release();
  }
}

interface Row {
  interval: Interval;
  open_time: string;
  version: number;
  revision: number;
}

/** Every candle that anyone can see. */
async function candleRows(market: string): Promise<Row[]> {
  return tape.source.query(
    `SELECT c.interval, c.open_time, c.version, c.revision FROM candle c JOIN market m ON m.id = c.market_id
     WHERE m.name = $1 ORDER BY c.interval, c.open_time`,
    [market],
  );
}

async function requireVerified(): Promise<void> {
  for await (const { differences, examples } of verify(tape.source))
    expect({ differences, examples }).toEqual({ differences: 0, examples: [] });
}

/** What a client gets: the candles, or the code of the error. */
async function answer(market: string, interval: Interval): Promise<unknown> {
  try {
    const page = await tape.candles.page({ market, interval, start: 0, limit: 1_000 });
    return page.map(foldedPart);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const time = fc.oneof(
  fc.integer({ min: START, max: START + 9 * DAY }),
  // Within two minutes: candles that get trades under several settings.
  fc.integer({ min: START + 4 * DAY, max: START + 4 * DAY + 120_000 }),
);
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("trades" as const),
      times: fc.array(time, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("setting" as const),
      to: fc.subarray([...INTERVALS]),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("build" as const),
      passes: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("request" as const), from: time }) },
);

it("never shows a candle that lacks a trade, after any sequence of settings, and builds them all", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 4, maxLength: 24 }), async (actions) => {
      const market = `binance:S${serial++}`;
      await tape.source.query(
        "TRUNCATE market, trade, candle, unbuilt, stale_candle, announcement, candle_revision",
      );
      const trades: Trade[] = [];
      let setting: readonly Interval[] = INTERVALS;
      await intervals.keep(setting);
      const versions = new Map<string, Row>();
      for (const each of actions) {
        if (each.does === "trades") {
          const fresh = each.times.map((at, index) =>
            trade(market, 1 + trades.length + index, at, {
              price: String(90 + (((at / 7) % 20) | 0)),
            }),
          );
          trades.push(...fresh);
          await record(...fresh);
        } else if (each.does === "setting") {
          setting = INTERVALS.filter((one) => one === "1m" || each.to.includes(one));
          await intervals.keep(setting);
        } else if (each.does === "build") {
          await build(each.passes);
        } else if (trades.length > 0) {
          await unbuilt.request({ market }, { from: each.from });
        }
        // What is stored is right, and a client never sees an older version.
        for (const row of await candleRows(market)) {
          const key = `${row.interval} ${row.open_time}`;
          const before = versions.get(key);
          if (before !== undefined) {
            expect(row.version).toBeGreaterThanOrEqual(before.version);
            expect(row.revision).toBeGreaterThanOrEqual(before.revision);
          }
          versions.set(key, row);
        }
        for (const interval of setting)
          expect([fold(trades, interval), "not_built"]).toContainEqual(
            await answer(market, interval),
          );
      }
      await requireVerified();
      await intervals.keep(INTERVALS);
      await build();
      for (const interval of INTERVALS)
        expect([interval, await answer(market, interval)]).toEqual([
          interval,
          fold(trades, interval),
        ]);
      await requireVerified();
      expect(await tape.source.query("SELECT FROM stale_candle")).toEqual([]);
    }),
    { numRuns: 8 },
  );
});

const bucket = (interval: Interval): { from: number; to: number } => {
  const from = openTimeOf(interval, START);
  return { from, to: nextOpenTime(interval, from) };
};

describe("an interval that was left out for a while", () => {
  it("is refused with the times until it is built, goes on with its versions, and is announced", async () => {
    const market = `binance:S${serial++}`;
    await intervals.keep(["1m", "5m", "1d"]);
    await record(trade(market, 1, START), trade(market, 2, START + 1_000));
    const before = await tape.candles.exact(market, [{ interval: "5m", openTime: START }]);
    await intervals.keep(["1m"]);
    await record(trade(market, 3, START + 2_000, { price: "120" }));
    await intervals.keep(["1m", "5m", "1d"]);
    await record(trade(market, 4, START + 600_000));
    const [from, to] = [START, START + DAY].map((at) => new Date(at).toISOString());
    await expect(tape.candles.page({ market, interval: "5m", limit: 10 })).rejects.toMatchObject({
      code: "not_built",
      canRetry: true,
      message: expect.stringContaining(`5m of ${market} from ${from} to ${to}`) as string,
    });
    // Beside it everything is answered.
    expect(
      await tape.candles.page({ market, interval: "5m", start: START + DAY, limit: 10 }),
    ).toEqual([]);
    expect(await unbuilt.rebuilds()).toEqual([
      { interval: "5m", markets: 1, done: 0, from: START, to: START + DAY, givenUp: false },
      { interval: "1d", markets: 1, done: 0, from: START, to: START + DAY, givenUp: false },
    ]);
    await build();
    const [after] = await tape.candles.exact(market, [{ interval: "5m", openTime: START }]);
    expect(after).toMatchObject({ high: "120", trades: 3, closed: true });
    expect(after?.version).toBeGreaterThan(before[0]?.version ?? 0);
    const announced: { interval: string; version: number }[] = await tape.source.query(
      `SELECT a.interval, a.version FROM announcement a JOIN market m ON m.id = a.market_id
       WHERE m.name = $1 AND a.open_time = $2 AND a.interval <> '1m'`,
      [market, START],
    );
    expect(announced).toContainEqual({ interval: "5m", version: after?.version });
    expect(await unbuilt.rebuilds()).toEqual([]);
  });

  it("says in the history of a closed candle that it was built anew", async () => {
    const market = `binance:S${serial++}`;
    await intervals.keep(["1m", "5m"]);
    await record(trade(market, 1, START), trade(market, 2, START + 400_000));
    await intervals.keep(["1m"]);
    await record(trade(market, 3, START + 1_000, { price: "130" }));
    await intervals.keep(["1m", "5m"]);
    await build();
    const rows: unknown[] = await tape.source.query(
      `SELECT r.revision, r.high, r.added, r.sources FROM candle_revision r JOIN market m ON m.id = r.market_id
       WHERE m.name = $1 AND r.interval = '5m' AND r.open_time = $2`,
      [market, START],
    );
    expect(rows).toEqual([{ revision: 1, high: "100", added: "1", sources: 1 << 30 }]);
  });

  it("is built only as far back as its trades are kept, and says so", async () => {
    const market = `binance:S${serial++}`;
    await intervals.keep(["1m"]);
    await record(trade(market, 1, START), trade(market, 2, START + 2 * DAY));
    await tape.source.query("UPDATE horizon SET time = $1", [START + DAY]);
    try {
      await intervals.keep(["1s", "1m", "1h"]);
      await build();
      await expect(
        tape.candles.page({ market, interval: "1s", start: 0, limit: 10 }),
      ).rejects.toMatchObject({
        code: "not_built",
        canRetry: false,
        message: expect.stringContaining(`start=${START + DAY}`) as string,
      });
      const recent = await tape.candles.page({
        market,
        interval: "1s",
        start: START + DAY,
        limit: 10,
      });
      expect(recent).toMatchObject([{ openTime: START + 2 * DAY }]);
      // Minutes were kept: hours are made of them.
      const hours = await tape.candles.page({ market, interval: "1h", start: 0, limit: 10 });
      expect(hours).toHaveLength(2);
    } finally {
      await tape.source.query("UPDATE horizon SET time = 0");
    }
  });

  it("is not built where that was cancelled, until it is asked for", async () => {
    const market = `binance:S${serial++}`;
    await intervals.keep(["1m"]);
    await record(trade(market, 1, START));
    await intervals.keep(["1s", "1m"]);
    expect(await unbuilt.cancel({ market })).toBe(1);
    await build();
    await expect(
      tape.candles.page({ market, interval: "1s", start: 0, limit: 10 }),
    ).rejects.toMatchObject({ code: "not_built", canRetry: false });
    await unbuilt.request({ market, interval: "1s" }, {});
    await build();
    expect(await tape.candles.page({ market, interval: "1s", start: 0, limit: 10 })).toHaveLength(
      1,
    );
  });
});

it("makes a candle with wrong values anew when asked to, in whole buckets, and nothing else", async () => {
  const market = `binance:S${serial++}`;
  await intervals.keep(["1m", "1d", "1M"]);
  await record(trade(market, 1, START), trade(market, 2, START + 1_000));
  const month = bucket("1M").from;
  const versionsOf = async (): Promise<Record<string, number>> =>
    Object.fromEntries((await candleRows(market)).map((row) => [row.interval, row.version]));
  const before = await versionsOf();
  await tape.source.query(
    `UPDATE candle SET volume = 99 WHERE interval = '1M' AND open_time = $1
       AND market_id = (SELECT id FROM market WHERE name = $2)`,
    [month, market],
  );
  await unbuilt.request({ market }, { from: START + 500, to: START + 1_500 });
  // Served meanwhile.
  expect(await tape.candles.page({ market, interval: "1M", limit: 1 })).toMatchObject([
    { volume: "99" },
  ]);
  await build();
  expect(await tape.candles.page({ market, interval: "1M", limit: 1 })).toMatchObject([
    { volume: "2" },
  ]);
  expect(await versionsOf()).toEqual({ ...before, "1M": (before["1M"] ?? 0) + 1 });
});

it("finds, in a store of before, the intervals that lack trades, and builds them", async () => {
  const older = await openTape("1m,5m,1d");
  try {
    const market = "binance:OLD";
    const { recorder } = older.recorder();
    const trades = [1, 2, 3].map((id) => trade(market, id, START + id * 1_000));
    await recorder.record(confirmed(trades), never);
    // As it was: nobody has noted what is left out, and a day's candle has one of three trades.
    for (;;) {
      const [newest] = await older.source.query<{ name: string }[]>(
        "SELECT name FROM migration ORDER BY id DESC LIMIT 1",
      );
      await older.source.undoLastMigration();
      if (newest?.name.startsWith("StoredIntervals") === true) break;
    }
    await older.source.query("UPDATE candle SET trades = 1, volume = 1 WHERE interval = '1d'");
    await migrate(older.source, serverDatabase(older.url));
    await new StoredIntervals(older.source).keep(["1m", "5m", "1d"]);
    const store = new UnbuiltStore(older.source);
    expect(await store.rebuilds()).toMatchObject([{ interval: "1d", markets: 1 }]);
    await expect(older.candles.page({ market, interval: "1d", limit: 1 })).rejects.toMatchObject({
      code: "not_built",
    });
    await build(Infinity, older);
    expect(await older.candles.page({ market, interval: "1d", limit: 1 })).toMatchObject([
      { openTime: START, trades: 3, volume: "3", version: 2 },
    ]);
  } finally {
    await older.close();
  }
});
