import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { System } from "../../src/api/system/system.js";
import type { Candle } from "../../src/domain/candle.js";
import { Process, run, until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";

const DAY = Date.UTC(2024, 7, 9);
const MARKET = "/api/v1/markets/binance:LTCUSDT";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tapeline-intervals-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A trade a second: ids `first` and on, from the n-th second of the day. */
function recording(name: string, first: number, second: number, trades: number): string {
  const path = join(folder, name);
  const lines = Array.from(
    { length: trades },
    (_, n) => `${DAY + (second + n) * 1_000},${80 + (n % 7)},1,buy,${first + n}`,
  );
  writeFileSync(path, `timestamp,price,quantity,side,tradeId\n${lines.join("\n")}\n`);
  return path;
}

const replay = (path: string, settings: Record<string, string>): ReturnType<typeof run> =>
  run(["replay", "--venue", "binance", "--symbol", "LTCUSDT", path], settings);

it("gives every candle of a store that was begun with another INTERVALS, and never a wrong one", async () => {
  const settings = { DATABASE_URL: await createDatabase() };
  const minutes = { ...settings, INTERVALS: "1m" };
  expect((await replay(recording("a.csv", 1, 0, 4_000), minutes)).code).toBe(0);
  // The default, and back: the second half of the first 5 minutes of the second file is late.
  expect((await replay(recording("b.csv", 4_001, 4_000, 700), settings)).code).toBe(0);
  expect((await replay(recording("c.csv", 4_701, 4_700, 300), minutes)).code).toBe(0);

  const app = await (
    await Process.start(["serve"], { ...settings, INTERVALS: "1s,1m,5m,1d" })
  ).ready();
  try {
    await until(
      async () => {
        const response = await fetch(`${app.url}${MARKET}/candles?interval=1d`);
        if (response.status === 200) return true;
        expect(response.status).toBe(503);
        expect(await response.json()).toMatchObject({ code: "not_built" });
        return false;
      },
      30_000,
      () => app.output,
    );
    expect(await app.get<Candle[]>(`${MARKET}/candles?interval=1d`)).toMatchObject([
      { openTime: DAY, trades: 5_000, volume: "5000" },
    ]);
    await until(
      async () => (await app.get<System>("/api/v1/system")).rebuilds.length === 0,
      30_000,
      () => app.output,
    );
    const fives = await app.get<Candle[]>(`${MARKET}/candles?interval=5m`);
    expect(fives.map(({ trades }) => trades)).toEqual([...Array<number>(16).fill(300), 200]);
    expect(await app.get<Candle[]>(`${MARKET}/candles?interval=1s&limit=1000`)).toHaveLength(1_000);
    expect(app.output).toMatch(/1s, 5m, 1d are stored from now on/);
    expect(app.output).toMatch(/1s will take up to .* GB of disk/);
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toMatch(/tapeline_rebuilt_candles_total\{interval="1s"\} 5000/);
    expect(metrics).toContain('tapeline_rebuild_progress{interval="1d"} 1');
    expect(await run(["verify"], settings)).toMatchObject({ code: 0 });

    const again = await run(
      ["rebuild", "--market", "binance:LTCUSDT", "--interval", "5m"],
      settings,
    );
    expect(again).toMatchObject({ code: 0 });
    expect(again.output).toMatch(/0 candles changed|A running server did it/);
  } finally {
    await app.stop();
  }
});

it("ends the building of an interval when asked to, and says how to go on", async () => {
  const settings = { DATABASE_URL: await createDatabase() };
  expect((await replay(recording("d.csv", 1, 0, 100), { ...settings, INTERVALS: "1m" })).code).toBe(
    0,
  );
  const none = await run(["rebuild", "--cancel"], settings);
  expect(none).toMatchObject({ code: 0 });
  expect(none.output).toContain("cancelled for 0 markets");
  for (const [args, message] of [
    [["--interval", "7m"], "--interval must be one of 1s, 1m"],
    [["--from", "2024-02-02", "--to", "2024-02-01"], "--from must be before --to"],
    [["--market", "binance:NOPE"], "No market has trades there"],
  ] as const) {
    const { code, output } = await run(["rebuild", ...args], settings);
    expect(code).toBe(1);
    expect(output).toContain(message);
  }
});
