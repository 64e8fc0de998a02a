import { readConfig } from "../../src/config/config.js";
import { verify } from "../../src/persistence/merge/verify.js";
import { Retention } from "../../src/persistence/schema/retention.js";
import { BinanceExchange } from "../support/exchange/binance-exchange.js";
import { MarketClock } from "../support/exchange/market-clock.js";
import {
  type BackfillBench,
  DAY,
  NEW_YEAR,
  TAPE,
  benchOpener,
  between,
} from "./backfill-under-test.js";
import { FROM, INTERVALS, type Rows, TO, backfillForEachTest, stored } from "./backfill-rows.js";

const openBench = benchOpener();
let bench: BackfillBench;
let expected: Rows;

backfillForEachTest((opened, rows) => {
  bench = opened;
  expected = rows;
});

async function differences(): Promise<unknown[]> {
  const found = [];
  for await (const verdict of verify(bench.tape.source, INTERVALS))
    if (verdict.differences > 0 || verdict.uncoveredIds !== "0") found.push(verdict);
  return found;
}

describe("days without a file", () => {
  it("come from the exchange's REST", async () => {
    const clock = new MarketClock(TO);
    clock.pause();
    const exchange = await BinanceExchange.start({ tapes: [TAPE], clock });
    bench = await openBench({ BINANCE_REST_URL: exchange.restUrl });
    try {
      await bench.publish(FROM, FROM + DAY);
      await bench.publish(NEW_YEAR, TO);
      const job = await bench.load(FROM, TO);
      expect(job).toMatchObject({
        state: "done",
        notes: ["there is no file BTCUSDT-aggTrades-2024-12-31.zip"],
      });
      const { coverage, candles } = await stored(bench);
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
    bench = await openBench({ BINANCE_REST_URL: exchange.restUrl });
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
    const { candles, coverage, trades } = await stored(bench);
    expect({ candles, coverage }).toEqual({
      candles: expected.candles,
      coverage: expected.coverage,
    });
    expect(trades).toHaveLength(between(NEW_YEAR, TO).length);
    expect(await differences()).toEqual([]);
    // And once more.
    expect(await bench.load(FROM, TO)).toMatchObject({ stored: 0 });
    expect((await stored(bench)).candles).toEqual(expected.candles);
  });
});
