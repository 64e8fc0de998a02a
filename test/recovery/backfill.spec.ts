import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Logger } from "@nestjs/common";
import {
  type BackfillBench,
  DAY,
  MARKET,
  NEW_YEAR,
  TRADES,
  between,
  linesOf,
} from "./backfill-under-test.js";
import { FROM, type Rows, TO, backfillForEachTest, stored } from "./backfill-rows.js";

let bench: BackfillBench;
let expected: Rows;

backfillForEachTest((opened, rows) => {
  bench = opened;
  expected = rows;
});

describe("a backfill from bulk files", () => {
  it("stores the rows that the feed would have stored, from files in ms and in µs", async () => {
    await bench.publish(FROM, TO);
    const job = await bench.load(FROM, TO);
    expect(job).toMatchObject({
      state: "done",
      progress: 1,
      read: TRADES.length,
      stored: TRADES.length,
      notes: [],
      problem: null,
    });
    expect(await stored(bench)).toEqual(expected);
    // What was downloaded is gone.
    expect(await readdir(join(bench.folder, "data-dir", "backfill"))).toEqual([]);
  });

  it("changes nothing when it is repeated, or over what the feed has stored", async () => {
    await bench.publish(FROM, TO);
    const { recorder } = bench.tape.recorder();
    const live = TRADES.filter((_, at) => Math.floor(at / 700) % 3 === 1);
    await recorder.record(live, new AbortController().signal);
    const first = await bench.load(FROM, TO);
    expect(first.stored).toBe(TRADES.length - live.length);
    expect(await stored(bench)).toEqual(expected);
    const second = await bench.load(FROM, TO);
    expect(second).toMatchObject({ state: "done", stored: 0 });
    expect(await stored(bench)).toEqual(expected);
  });

  it("and a feed that writes the same trades meanwhile do not disturb each other", async () => {
    await bench.publish(FROM, TO);
    const { recorder } = bench.tape.recorder();
    const { signal } = new AbortController();
    const feed = async (): Promise<void> => {
      for (let at = 0; at < TRADES.length; at += 500) {
        const { refusals } = await recorder.record(TRADES.slice(at, at + 500), signal);
        expect(refusals).toEqual([]);
      }
    };
    const [job] = await Promise.all([bench.load(FROM, TO), feed()]);
    expect(job).toMatchObject({ state: "done", notes: [] });
    expect(await stored(bench)).toEqual(expected);
  });

  it("loads a whole month by its file, and only the requested days", async () => {
    const month = Date.UTC(2024, 11, 1);
    await bench.file("2024-12", linesOf(month, NEW_YEAR));
    await bench.publish(NEW_YEAR, TO);
    const job = await bench.load(month, NEW_YEAR + DAY / 2);
    expect(job).toMatchObject({ state: "done", notes: [] });
    expect(bench.server.zips).toEqual([
      "BTCUSDT-aggTrades-2024-12.zip",
      "BTCUSDT-aggTrades-2025-01-01.zip",
    ]);
    const rows = between(month, NEW_YEAR + DAY / 2);
    expect(job.read).toBe(rows.length);
    expect((await stored(bench)).trades).toHaveLength(rows.length);
  });

  it("resumes a download where its connection broke", async () => {
    await bench.publish(FROM, FROM + DAY);
    bench.server.cutBehind = 20_000;
    const job = await bench.load(FROM, FROM + DAY);
    expect(job).toMatchObject({ state: "done", notes: [] });
    const zips = bench.server.requests.filter(({ path }) => path.endsWith(".zip"));
    expect(zips.map(({ from }) => from)).toEqual([0, 20_000]);
  });

  it("is retried later when the server fails, and says so", async () => {
    bench.server.status = 503;
    const job = await bench.load(FROM, TO);
    expect(job).toMatchObject({ state: "waiting", stored: 0 });
    expect(job.problem).toMatch(/CHECKSUM cannot be read: .*503/);
    // The old problem used to stay on a job that made progress.
    await bench.store.start(job.id);
    expect(await bench.store.find(job.id)).toMatchObject({
      state: "running",
      problem: null,
    });
  }, 30_000);

  // Five markets of a venue that was away filled the log with the same two lines for each attempt.
  it("says once that it begins and why it will be retried", async () => {
    const lines: string[] = [];
    const note = (text: unknown): number => lines.push(String(text));
    bench.server.status = 503;
    Logger.overrideLogger({ log: note, warn: note, error: note });
    try {
      const { id } = await bench.load(FROM, TO);
      await bench.work(id);
      await bench.work(id);
      expect(lines).toEqual([
        expect.stringContaining(`Backfill ${id} of ${MARKET} begins at`),
        expect.stringMatching(/failed, will retry in \d+ s, .*503/),
      ]);
    } finally {
      Logger.overrideLogger(["fatal"]);
    }
  }, 60_000);

  it("stores nothing more once it is cancelled", async () => {
    await bench.publish(FROM, TO);
    const { id } = await bench.request(FROM, TO);
    await bench.store.start(id);
    const cancelled = await bench.store.cancel(id);
    expect(cancelled?.state).toBe("cancelled");
    const late = bench.store.advancing(id, () => ({
      reached: TO,
      read: 1,
      progress: 1,
    }));
    const client = {
      query: (sql: string, values: unknown[]) =>
        bench.tape.source
          .query<[unknown[], number]>(sql, values)
          .then(([, rowCount]) => ({ rowCount })),
    };
    await expect(late(client as never, 1)).rejects.toThrow(/is no longer running/);
    await bench.backfills.work(id);
    expect((await bench.store.find(id))?.state).toBe("cancelled");
    expect((await stored(bench)).trades).toEqual([]);
  });
});
