import { type Interval, nextOpenTime, openTimeOf } from "../../src/domain/interval.js";
import { migrate, serverDatabase } from "../../src/persistence/schema/database.js";
import { trade } from "../support/tape.js";
import { DAY_MS } from "../../src/domain/units.js";
import { IntervalScene, START, sceneForSuite } from "./interval-scene.js";

let scene: IntervalScene;
sceneForSuite((opened) => (scene = opened));

const bucket = (interval: Interval): { from: number; to: number } => {
  const from = openTimeOf(interval, START);
  return { from, to: nextOpenTime(interval, from) };
};

describe("an interval that was left out for a while", () => {
  it("is refused with the times until it is built, goes on with its versions, and is announced", async () => {
    const market = scene.market();
    await scene.intervals.keep(["1m", "5m", "1d"]);
    await scene.record(trade(market, 1, START), trade(market, 2, START + 1_000));
    const before = await scene.tape.candles.exact(market, [{ interval: "5m", openTime: START }]);
    await scene.intervals.keep(["1m"]);
    await scene.record(trade(market, 3, START + 2_000, { price: "120" }));
    await scene.intervals.keep(["1m", "5m", "1d"]);
    await scene.record(trade(market, 4, START + 600_000));
    const [from, to] = [START, START + DAY_MS].map((at) => new Date(at).toISOString());
    await expect(
      scene.tape.candles.page({ market, interval: "5m", limit: 10 }),
    ).rejects.toMatchObject({
      code: "not_built",
      canRetry: true,
      message: expect.stringContaining(`5m of ${market} from ${from} to ${to}`) as string,
    });
    // Beside it everything is answered.
    expect(
      await scene.tape.candles.page({ market, interval: "5m", start: START + DAY_MS, limit: 10 }),
    ).toEqual([]);
    expect(await scene.unbuilt.rebuilds()).toEqual([
      { interval: "5m", markets: 1, done: 0, from: START, to: START + DAY_MS, givenUp: false },
      { interval: "1d", markets: 1, done: 0, from: START, to: START + DAY_MS, givenUp: false },
    ]);
    await scene.build();
    const [after] = await scene.tape.candles.exact(market, [{ interval: "5m", openTime: START }]);
    expect(after).toMatchObject({ high: "120", trades: 3, closed: true });
    expect(after?.version).toBeGreaterThan(before[0]?.version ?? 0);
    const announced: { interval: string; version: number }[] = await scene.tape.source.query(
      `SELECT a.interval, a.version FROM announcement a JOIN market m ON m.id = a.market_id
       WHERE m.name = $1 AND a.open_time = $2 AND a.interval <> '1m'`,
      [market, START],
    );
    expect(announced).toContainEqual({ interval: "5m", version: after?.version });
    expect(await scene.unbuilt.rebuilds()).toEqual([]);
  });

  it("says in the history of a closed candle that it was built anew", async () => {
    const market = scene.market();
    await scene.intervals.keep(["1m", "5m"]);
    await scene.record(trade(market, 1, START), trade(market, 2, START + 400_000));
    await scene.intervals.keep(["1m"]);
    await scene.record(trade(market, 3, START + 1_000, { price: "130" }));
    await scene.intervals.keep(["1m", "5m"]);
    await scene.build();
    const rows: unknown[] = await scene.tape.source.query(
      `SELECT r.revision, r.high, r.added, r.sources FROM candle_revision r JOIN market m ON m.id = r.market_id
       WHERE m.name = $1 AND r.interval = '5m' AND r.open_time = $2`,
      [market, START],
    );
    expect(rows).toEqual([{ revision: 1, high: "100", added: "1", sources: 1 << 30 }]);
  });

  it("is built only as far back as its trades are kept, and says so", async () => {
    const market = scene.market();
    await scene.intervals.keep(["1m"]);
    await scene.record(trade(market, 1, START), trade(market, 2, START + 2 * DAY_MS));
    await scene.tape.source.query("UPDATE horizon SET time = $1", [START + DAY_MS]);
    try {
      await scene.intervals.keep(["1s", "1m", "1h"]);
      await scene.build();
      await expect(
        scene.tape.candles.page({ market, interval: "1s", start: 0, limit: 10 }),
      ).rejects.toMatchObject({
        code: "not_built",
        canRetry: false,
        message: expect.stringContaining(`start=${START + DAY_MS}`) as string,
      });
      const recent = await scene.tape.candles.page({
        market,
        interval: "1s",
        start: START + DAY_MS,
        limit: 10,
      });
      expect(recent).toMatchObject([{ openTime: START + 2 * DAY_MS }]);
      // Minutes were kept: hours are made of them.
      const hours = await scene.tape.candles.page({ market, interval: "1h", start: 0, limit: 10 });
      expect(hours).toHaveLength(2);
    } finally {
      await scene.tape.source.query("UPDATE horizon SET time = 0");
    }
  });

  it("is a month of minutes only where nothing wider will be built", async () => {
    const build = async (stored: Interval[]): Promise<string[]> => {
      const market = scene.market();
      await scene.intervals.keep(["1m"]);
      await scene.record(trade(market, 1, START - 5 * DAY_MS), trade(market, 2, START));
      await scene.intervals.keep(stored);
      await scene.build(1);
      return (await scene.versions(market)).map(({ interval }) => interval);
    };
    expect(await build(["1m", "1M"])).toEqual(["1m", "1m", "1M"]);
    expect(await build(["1m", "1h", "1M"])).toEqual(["1m", "1m", "1h"]);
    await scene.build();
    expect(await scene.unbuilt.rebuilds()).toEqual([]);
  });

  it("is not built where that was cancelled, until it is asked for", async () => {
    const market = scene.market();
    await scene.intervals.keep(["1m"]);
    await scene.record(trade(market, 1, START));
    await scene.intervals.keep(["1s", "1m"]);
    expect(await scene.unbuilt.cancel({ market })).toBe(1);
    await scene.build();
    await expect(
      scene.tape.candles.page({ market, interval: "1s", start: 0, limit: 10 }),
    ).rejects.toMatchObject({ code: "not_built", canRetry: false });
    await scene.unbuilt.request({ market, interval: "1s" }, {});
    await scene.build();
    expect(
      await scene.tape.candles.page({ market, interval: "1s", start: 0, limit: 10 }),
    ).toHaveLength(1);
  });
});

it("makes a candle with wrong values anew when asked to, in whole buckets, and nothing else", async () => {
  const market = scene.market();
  await scene.intervals.keep(["1m", "1d", "1M"]);
  await scene.record(trade(market, 1, START), trade(market, 2, START + 1_000));
  const month = bucket("1M").from;
  const versionsOf = async (): Promise<Record<string, number>> =>
    Object.fromEntries((await scene.versions(market)).map((row) => [row.interval, row.version]));
  const before = await versionsOf();
  await scene.tape.source.query(
    `UPDATE candle SET volume = 99 WHERE interval = '1M' AND open_time = $1
       AND market_id = (SELECT id FROM market WHERE name = $2)`,
    [month, market],
  );
  await scene.unbuilt.request({ market }, { from: START + 500, to: START + 1_500 });
  // Served meanwhile.
  expect(await scene.tape.candles.page({ market, interval: "1M", limit: 1 })).toMatchObject([
    { volume: "99" },
  ]);
  await scene.build();
  expect(await scene.tape.candles.page({ market, interval: "1M", limit: 1 })).toMatchObject([
    { volume: "2" },
  ]);
  expect(await versionsOf()).toEqual({ ...before, "1M": (before["1M"] ?? 0) + 1 });
});

it("makes every interval anew from those that have been made anew", async () => {
  const market = scene.market();
  await scene.intervals.keep(["1m", "5m", "1h", "1d", "1M"]);
  await scene.record(trade(market, 1, START), trade(market, 2, START + 90_000));
  await scene.tape.source.query(
    "UPDATE candle SET volume = 99 WHERE market_id = (SELECT id FROM market WHERE name = $1)",
    [market],
  );
  await scene.unbuilt.request({ market }, {});
  await scene.build();
  for (const interval of ["5m", "1h", "1d", "1M"] as const)
    expect(await scene.tape.candles.page({ market, interval, limit: 5 })).toMatchObject([
      { interval, volume: "2" },
    ]);
});

describe("an interval shorter than those that are stored", () => {
  const noon = START + 12 * 3_600_000;

  it("is marked by its own candles, also where the minute's first one is marked", async () => {
    const market = scene.market();
    await scene.intervals.keep(["1m"]);
    await scene.record(trade(market, 1, noon + 1_000), trade(market, 2, noon + 45_000));
    await scene.intervals.keep(["1s", "1m"]);
    // As in the middle of building, which goes backwards.
    await scene.tape.source.query(
      `UPDATE unbuilt SET times = times - int8multirange(int8range($2, NULL))
       WHERE interval = '1s' AND market_id = (SELECT id FROM market WHERE name = $1)`,
      [market, noon + 30_000],
    );
    await scene.record(trade(market, 3, noon + 45_100));
    await scene.intervals.keep(["1m"]);
    await scene.record(trade(market, 4, noon + 45_200));
    await scene.intervals.keep(["1s", "1m"]);
    await scene.build();
    const seconds = await scene.tape.candles.page({ market, interval: "1s", limit: 10 });
    expect(seconds.map(({ openTime, trades }) => [openTime - noon, trades])).toEqual([
      [1_000, 1],
      [45_000, 3],
    ]);
  });

  it("publishes no candle that lacks a trade as it is switched off", async () => {
    const market = scene.market();
    await scene.intervals.keep(["1s", "1m"]);
    await scene.record(trade(market, 1, noon + 45_000));
    await scene.intervals.keep(["1m"]);
    const late = [trade(market, 2, noon + 45_900), trade(market, 3, noon + 50_000)];
    const { candles } = await scene.tape
      .recorder()
      .recorder.record([...late, { market, clock: noon + 50_000 }], new AbortController().signal);
    expect(candles.filter(({ interval }) => interval === "1s")).toEqual([]);
  });

  it("is stored from the newest trade on where building it was cancelled", async () => {
    const market = scene.market();
    await scene.intervals.keep(["1m"]);
    await scene.record(trade(market, 1, noon));
    await scene.intervals.keep(["1s", "1m"]);
    await scene.unbuilt.cancel({ market });
    await scene.record(trade(market, 2, noon + 5_000), trade(market, 3, noon + 6_000));
    const page = { market, interval: "1s", limit: 10 } as const;
    expect(await scene.tape.candles.page({ ...page, since: noon + 1_000 })).toHaveLength(2);
    expect(await scene.tape.candles.filled({ ...page, start: noon + 1_000 })).toMatchObject([
      { openTime: noon + 5_000 },
      { openTime: noon + 6_000 },
    ]);
    await expect(scene.tape.candles.page(page)).rejects.toMatchObject({ canRetry: false });
  });
});

it("finds, in a store of before, the intervals that lack trades, and builds them", async () => {
  const older = await IntervalScene.open("1m,5m,1d");
  try {
    const market = "binance:OLD";
    const trades = [1, 2, 3].map((id) => trade(market, id, START + id * 1_000));
    await older.record(...trades);
    // As it was: nobody has noted what is left out, and a day's candle has one of three trades.
    for (;;) {
      const [newest] = await older.tape.source.query<{ name: string }[]>(
        "SELECT name FROM migration ORDER BY id DESC LIMIT 1",
      );
      await older.tape.source.undoLastMigration();
      if (newest?.name.startsWith("StoredIntervals") === true) break;
    }
    await older.tape.source.query("UPDATE candle SET trades = 1, volume = 1 WHERE interval = '1d'");
    await migrate(older.tape.source, serverDatabase(older.tape.url));
    await older.intervals.keep(["1m", "5m", "1d"]);
    expect(await older.unbuilt.rebuilds()).toMatchObject([{ interval: "1d", markets: 1 }]);
    await expect(
      older.tape.candles.page({ market, interval: "1d", limit: 1 }),
    ).rejects.toMatchObject({
      code: "not_built",
    });
    await older.build();
    expect(await older.tape.candles.page({ market, interval: "1d", limit: 1 })).toMatchObject([
      { openTime: START, trades: 3, volume: "3", version: 2 },
    ]);
  } finally {
    await older.close();
  }
});
