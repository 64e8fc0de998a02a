import { readConfig } from "../../src/config/config.js";
import { verify } from "../../src/persistence/merge/verify.js";
import { Retention } from "../../src/persistence/schema/retention.js";
import { BinanceExchange } from "../support/exchange/binance-exchange.js";
import { closedAfterEach } from "../support/closed-after-each.js";
import { MarketClock } from "../support/exchange/market-clock.js";
import {
  type BackfillBench,
  DAY,
  MARKET,
  NEW_YEAR,
  TAPE,
  benchOpener,
  between,
} from "./backfill-under-test.js";
import { FROM, type Rows, TO, backfillForEachTest, stored } from "./backfill-rows.js";

const openBench = benchOpener();
const openExchange = closedAfterEach(() => {
  const clock = new MarketClock(TO);
  clock.pause();
  return BinanceExchange.start({ tapes: [TAPE], clock });
});
let bench: BackfillBench;
let expected: Rows;

backfillForEachTest((opened, rows) => {
  bench = opened;
  expected = rows;
});

/** A bench whose REST has all trades. */
async function benchWithRest(): Promise<BackfillBench> {
  const { restUrl } = await openExchange();
  return openBench({ BINANCE_REST_URL: restUrl });
}

/** The last page of REST reaches beyond the end of a job. */
async function storedBetween(from: number, to: number): Promise<number> {
  const { trades } = await stored(bench);
  const times = trades.map((row) => Number(/"time": (\d+)/.exec(row)?.[1]));
  return times.filter((time) => time >= from && time < to).length;
}

async function differences(): Promise<unknown[]> {
  const found = [];
  for await (const verdict of verify(bench.tape.source))
    if (verdict.differences > 0 || verdict.uncoveredIds !== "0") found.push(verdict);
  return found;
}

describe("days without a file", () => {
  it("come from the exchange's REST", async () => {
    bench = await benchWithRest();
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
  }, 120_000);

  it("come from REST after a few tries when the host of files fails and the job is short", async () => {
    bench = await benchWithRest();
    bench.server.status = 503;
    const { state, notes } = await bench.load(FROM, FROM + DAY);
    expect([state, notes]).toEqual(["done", [expect.stringMatching(/cannot be read: .*503/)]]);
    expect(await storedBetween(FROM, FROM + DAY)).toBe(between(FROM, FROM + DAY).length);
    expect(await differences()).toEqual([]);
  }, 60_000);

  it("are not asked for by the first hours of a market", async () => {
    bench = await benchWithRest();
    await bench.publish(FROM, TO);
    const [from, to] = [FROM + DAY - 3_600_000, FROM + DAY];
    const wanted = { market: MARKET, from, to, askedBy: "bootstrap" as const };
    const { id } = (await bench.store.request(wanted)) ?? { id: 0 };
    expect(await bench.work(id)).toMatchObject({ state: "done", notes: [] });
    expect(bench.server.requests).toEqual([]);
    expect(await storedBetween(from, to)).toBe(between(from, to).length);
  }, 60_000);

  it("of a symbol that the exchange does not know end the job", async () => {
    bench = await benchWithRest();
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
