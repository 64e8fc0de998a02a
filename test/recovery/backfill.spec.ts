import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Logger } from "@nestjs/common";
import { readConfig } from "../../src/config/config.js";
import { verify } from "../../src/persistence/merge/verify.js";
import { Retention } from "../../src/persistence/schema/retention.js";
import { BinanceExchange } from "../support/exchange/binance-exchange.js";
import { MarketClock } from "../support/exchange/market-clock.js";
import { contents, openTape } from "../support/tape.js";
import {
  BackfillBench,
  DAY,
  MARKET,
  NEW_YEAR,
  TAPE,
  TRADES,
  between,
  linesOf,
} from "./backfill-under-test.js";

const FROM = NEW_YEAR - 2 * DAY;
const TO = NEW_YEAR + DAY;
const INTERVALS = ["1m", "5m", "1h", "1d", "1w", "1M"] as const;

let bench: BackfillBench;
/** The rows of the same trades recorded in order, as from a feed. */
let expected: Awaited<ReturnType<typeof contents>>;

beforeAll(async () => {
  const tape = await openTape(INTERVALS.join(","));
  await tape.recorder().recorder.record(TRADES, new AbortController().signal);
  expected = await contents(tape.source);
  await tape.close();
}, 120_000);
beforeEach(async () => {
  bench = await BackfillBench.start();
});
afterEach(() => bench.close());

/** Without the source and the arrival of trades. */
async function stored(): Promise<typeof expected> {
  return bare(await contents(bench.tape.source));
}
function bare(all: typeof expected): typeof expected {
  const trades = all.trades.map((row) => row.replace(/, "(source|received_at)": ("\w+"|\d+)/g, ""));
  return { ...all, trades };
}

async function differences(): Promise<unknown[]> {
  const found = [];
  for await (const verdict of verify(bench.tape.source, INTERVALS))
    if (verdict.differences > 0 || verdict.uncoveredIds !== "0") found.push(verdict);
  return found;
}

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
    expect(await stored()).toEqual(bare(expected));
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
    expect(await stored()).toEqual(bare(expected));
    const second = await bench.load(FROM, TO);
    expect(second).toMatchObject({ state: "done", stored: 0 });
    expect(await stored()).toEqual(bare(expected));
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
    expect(await stored()).toEqual(bare(expected));
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
    expect((await stored()).trades).toHaveLength(rows.length);
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
    expect((await stored()).trades).toEqual([]);
  });
});

describe("days without a file", () => {
  it("come from the exchange's REST", async () => {
    const clock = new MarketClock(TO);
    clock.pause();
    const exchange = await BinanceExchange.start({ tapes: [TAPE], clock });
    await bench.close();
    bench = await BackfillBench.start({
      BINANCE_REST_URL: exchange.restUrl,
    });
    try {
      await bench.publish(FROM, FROM + DAY);
      await bench.publish(NEW_YEAR, TO);
      const job = await bench.load(FROM, TO);
      expect(job).toMatchObject({
        state: "done",
        notes: ["there is no file BTCUSDT-aggTrades-2024-12-31.zip"],
      });
      const { coverage, candles } = await stored();
      expect({ coverage, candles }).toEqual({
        coverage: expected.coverage,
        candles: expected.candles,
      });
    } finally {
      await exchange.close();
    }
  }, 120_000);

  it("of a symbol that the exchange does not know end the job", async () => {
    const exchange = await BinanceExchange.start({ tapes: [TAPE] });
    await bench.close();
    bench = await BackfillBench.start({
      BINANCE_REST_URL: exchange.restUrl,
    });
    try {
      const job = await bench.store.request({
        market: "binance:NOPEUSDT",
        from: FROM,
        to: TO,
        askedBy: "api",
      });
      await bench.backfills.work(job?.id ?? 0);
      expect(await bench.store.find(job?.id ?? 0)).toMatchObject({
        state: "failed",
        problem: expect.stringMatching(/binance does not know NOPEUSDT/) as string,
      });
    } finally {
      await exchange.close();
    }
  });
});

describe("days beyond the retention horizon", () => {
  it("keep their candles and coverage, and not their trades", async () => {
    await bench.publish(FROM, TO);
    const { source, partitions } = bench.tape;
    const retention = new Retention(readConfig({}), source, partitions);
    await retention.advance(NEW_YEAR);
    // From the middle of a day: the whole day is loaded nevertheless.
    const job = await bench.load(FROM + DAY / 2, TO);
    expect(job).toMatchObject({ state: "done", notes: [] });
    const { candles, coverage, trades } = await stored();
    expect({ candles, coverage }).toEqual({
      candles: expected.candles,
      coverage: expected.coverage,
    });
    expect(trades).toHaveLength(between(NEW_YEAR, TO).length);
    expect(await differences()).toEqual([]);
    // And once more.
    expect(await bench.load(FROM, TO)).toMatchObject({ stored: 0 });
    expect((await stored()).candles).toEqual(expected.candles);
  });
});
