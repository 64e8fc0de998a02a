import { setTimeout as sleep } from "node:timers/promises";
import { readConfig } from "../../src/config/config.js";
import { verify } from "../../src/persistence/merge/verify.js";
import { Retention } from "../../src/persistence/schema/retention.js";
import { until } from "../support/app.js";
import { okxRest } from "../support/exchange/by-id-rest.js";
import { coinbaseDialect } from "../support/exchange/coinbase-dialect.js";
import type { Dialect, Print } from "../support/exchange/dialect.js";
import { krakenDialect } from "../support/exchange/kraken-dialect.js";
import { contents, openTape, trade } from "../support/tape.js";
import { BackfillBench, DAY, dayText } from "./backfill-under-test.js";
import { Rest } from "./repair-under-test.js";

const HOUR = 3_600_000;
/** Recent enough for a venue that serves three months. */
const NOON = Date.now() - (Date.now() % DAY) - 3 * DAY + 12 * HOUR;
const INTERVALS = "1m,5m,1h,1d,1w,1M";

interface Place {
  market: string;
  dialect: Dialect["rest"];
  /** Of all its trades; ids begin at 1,001. */
  count: number;
  perMs: number;
  perPage: number;
}

// Kraken allows one request a second: a page holds 1,000 trades.
const COINBASE: Place = {
  market: "coinbase:BTC-USD",
  dialect: coinbaseDialect(["BTC-USD"]).rest,
  count: 6_000,
  perMs: 2_000,
  perPage: 1_000,
};
const OKX: Place = {
  market: "okx:BTC-USDT",
  dialect: okxRest,
  count: 900,
  perMs: 12_000,
  perPage: 100,
};
const KRAKEN: Place = {
  market: "kraken:BTC/USD",
  dialect: krakenDialect(["BTC/USD"]).rest,
  count: 3_300,
  perMs: 3_000,
  perPage: 1_000,
};

let bench: BackfillBench;
let rest: Rest;

afterEach(async () => {
  await rest.close();
  await bench.close();
});

/** An exchange that has traded at a steady pace from noon on. */
async function open({ market, dialect, count, perMs }: Place): Promise<void> {
  rest = await Rest.start(dialect);
  const [venue, symbol] = market.split(":") as [string, string];
  bench = await BackfillBench.start({
    [`${venue.toUpperCase()}_REST_URL`]: rest.url,
  });
  rest.trades = Array.from({ length: count }, (_, at) => ({
    symbol,
    id: 1_001 + at,
    price: `${64_000 + ((at * 7) % 91)}.5`,
    amount: `0.0${1 + (at % 8)}`,
    takerSide: at % 3 === 0 ? "buy" : "sell",
    time: NOON + at * perMs,
  }));
}

/** The rows of these trades of one message, recorded by a feed whose time has come to `end`. */
async function expected(
  market: string,
  prints: readonly Print[],
  end: number,
): Promise<Awaited<ReturnType<typeof stored>>> {
  const tape = await openTape(INTERVALS);
  const trades = prints.map(({ id, time, price, amount, takerSide }) =>
    trade(market, id, time, { price, amount, takerSide, receivedAt: NOON }),
  );
  // Without the venue's clock, its newest trade says how far its REST has come.
  const newest = rest.trades.at(-1)?.time ?? 0;
  const records = [...trades, { market, clock: Math.min(end, newest) }];
  await tape.recorder().recorder.record(records, new AbortController().signal);
  const { candles, coverage } = await contents(tape.source);
  await tape.close();
  return { candles, coverage };
}

async function stored(): Promise<{ candles: string[]; coverage: string[] }> {
  const { candles, coverage } = await contents(bench.tape.source);
  for await (const verdict of verify(bench.tape.source))
    expect(verdict).toMatchObject({ differences: 0, uncoveredIds: "0" });
  return { candles, coverage };
}

const END = (place: Place): number => NOON + place.count * place.perMs;

describe.each([COINBASE, OKX, KRAKEN])("a backfill over the REST of $market", (place) => {
  const { market, count, perPage } = place;
  beforeEach(() => open(place));

  it("stores what a feed would have stored, and counts each trade once", async () => {
    const job = await bench.load(NOON, END(place), market);
    expect(job).toMatchObject({ state: "done", notes: [], progress: 1 });
    expect(job).toMatchObject({ read: count, stored: count });
    expect(await stored()).toEqual(await expected(market, rest.trades, job.to));
  }, 60_000);

  it("changes nothing over what is stored, and reports how much was new", async () => {
    const { recorder } = bench.tape.recorder();
    const live = rest.trades.slice(200, 500);
    await recorder.record(
      live.map(({ id, time, price, amount, takerSide }) =>
        trade(market, id, time, { price, amount, takerSide }),
      ),
      new AbortController().signal,
    );
    const job = await bench.load(NOON, END(place), market);
    expect(job).toMatchObject({ state: "done", read: count });
    expect(job.stored).toBe(count - live.length);
    expect(await stored()).toEqual(await expected(market, rest.trades, job.to));
  }, 60_000);

  it("resumes where it was when its process ends in the middle", async () => {
    const { id } = await bench.request(NOON, END(place), market);
    // Once a step is stored, the venue answers no more requests.
    const hasBegun = async (): Promise<boolean> => ((await bench.store.find(id))?.read ?? 0) > 0;
    rest.before = hasBegun;
    const working = bench.backfills.work(id);
    await until(hasBegun, 30_000);
    await bench.restart();
    await working;
    const half = await bench.store.find(id);
    expect(half).toMatchObject({ state: "waiting", problem: null });
    expect(half?.read).toBeLessThan(count);
    rest.before = () => false;
    const before = rest.requests.length;
    const job = await bench.work(id);
    expect(job).toMatchObject({ state: "done", notes: [], stored: count });
    // Neither stored trades are requested again, nor is the end of the job searched again.
    const left = Math.ceil((count - (half?.read ?? 0)) / perPage);
    expect(rest.requests.length - before).toBeLessThanOrEqual(left + 3);
    expect(job.read - count).toBeLessThanOrEqual(perPage);
    expect(await stored()).toEqual(await expected(market, rest.trades, job.to));
  }, 90_000);

  it("loads only the requested hours", async () => {
    const [from, to] = [NOON + HOUR / 2, NOON + HOUR];
    const job = await bench.load(from, to, market);
    expect(job).toMatchObject({ state: "done", notes: [] });
    const first = rest.trades.findIndex(({ time }) => time >= from);
    const end = rest.trades.findIndex(({ time }) => time >= to);
    const loaded = rest.trades.slice(first, first + job.read);
    // It may load a page more, or the ids by which the end is searched.
    expect(job.read).toBeGreaterThanOrEqual(end - first);
    expect(await stored()).toEqual(await expected(market, loaded, job.to));
  }, 60_000);
});

describe("a venue without older trades", () => {
  it.each([COINBASE, OKX])(
    "is believed, and the job says where the trades begin: $market",
    async (place) => {
      await open(place);
      const { market, count } = place;
      const job = await bench.load(NOON - 5 * DAY, END(place), market);
      // One that serves all has none before.
      const missing = Array.from({ length: 5 }, (_, at) => dayText(NOON - (5 - at) * DAY));
      expect(job).toMatchObject(
        place === OKX
          ? { state: "incomplete", missing: [...missing, dayText(NOON)] }
          : { state: "done", missing: [] },
      );
      expect(job).toMatchObject({ read: count, stored: count });
      expect(job.notes).toEqual([
        expect.stringContaining(
          `nothing before ${new Date(NOON).toISOString()}: ${market.split(":")[0]} serves`,
        ),
      ]);
      expect(await stored()).toEqual(await expected(market, rest.trades, job.to));
    },
    60_000,
  );

  it("is queried forwards from the first trade that it serves", async () => {
    await open(KRAKEN);
    rest.trades = rest.trades.slice(0, 900);
    const job = await bench.load(NOON - 5 * DAY, END(KRAKEN), KRAKEN.market);
    expect(job).toMatchObject({ state: "done", read: 900, stored: 900 });
    expect(await stored()).toEqual(await expected(KRAKEN.market, rest.trades, job.to));
  }, 60_000);

  it("is noted by its oldest trade also when a job was interrupted right there", async () => {
    await open(COINBASE);
    const { id } = await bench.request(NOON - DAY, END(COINBASE), COINBASE.market);
    rest.before = (url) => url.includes("after=1001");
    const working = bench.backfills.work(id);
    await until(
      () => Promise.resolve(rest.requests.at(-1)?.includes("after=1001") ?? false),
      30_000,
    );
    await bench.restart();
    await working;
    rest.before = () => false;
    const job = await bench.work(id);
    expect(job).toMatchObject({ state: "done", stored: COINBASE.count });
    expect(job.notes).toEqual([
      expect.stringContaining(`nothing before ${new Date(NOON).toISOString()}`),
    ]);
  }, 60_000);
});

describe("ids without a trade", () => {
  it("do not mislead the binary search for the end of a job", async () => {
    await open(COINBASE);
    // At every step of the search, the id just below has no trade.
    rest.trades = rest.trades.filter(({ id }) => id % 20 >= 15);
    const to = NOON + HOUR / 2;
    const job = await bench.load(NOON, to, COINBASE.market);
    const wanted = rest.trades.filter(({ time }) => time < to).length;
    expect(job.read).toBeGreaterThanOrEqual(wanted);
    expect(job.read).toBeLessThan(wanted + 100);
  }, 60_000);
});

describe("more trades in one millisecond than Kraken puts on a page", () => {
  const MANY = 1_300;
  const crowded = (step: number): Print[] =>
    rest.trades.map((print, at) => ({
      ...print,
      time: NOON + Math.max(0, at - MANY) * 1_000,
      nanoseconds: at <= MANY ? 100_000 + at * step : 0,
    }));
  const end = NOON + HOUR;

  it("are all loaded", async () => {
    await open({ ...KRAKEN, count: 2_500 });
    rest.trades = crowded(500);
    const job = await bench.load(NOON, end, KRAKEN.market);
    expect(job).toMatchObject({ state: "done", read: 2_500, stored: 2_500 });
    expect(await stored()).toEqual(await expected(KRAKEN.market, rest.trades, job.to));
  }, 60_000);

  it("are a gap by their exact ids beyond the page where they are of one nanosecond, and all after them is loaded", async () => {
    await open({ ...KRAKEN, count: 2_500 });
    rest.trades = crowded(0);
    const job = await bench.load(NOON, end, KRAKEN.market);
    const served = rest.trades.filter((_, at) => at < 1_000 || at > MANY);
    expect(job).toMatchObject({ state: "done", read: served.length });
    expect(await stored()).toEqual(await expected(KRAKEN.market, served, job.to));
    expect(await bench.tape.gaps.page(KRAKEN.market, { limit: 10 })).toEqual([
      expect.objectContaining({
        fromId: String(1_001 + 1_000),
        toId: String(1_001 + MANY),
      }),
    ]);
  }, 60_000);
});

it("days beyond the retention horizon are loaded whole from a venue that pages by time", async () => {
  await open({ ...KRAKEN, count: 2_200 });
  const { source, partitions } = bench.tape;
  const retention = new Retention(readConfig({}), source, partitions);
  await retention.advance(NOON + 12 * HOUR);
  const job = await bench.load(NOON, NOON + 12 * HOUR, KRAKEN.market);
  expect(job).toMatchObject({ state: "done", read: 2_200, stored: 2_200 });
  const wanted = await expected(KRAKEN.market, rest.trades, job.to);
  expect(await stored()).toEqual(wanted);
  expect((await contents(source)).trades).toEqual([]);
}, 60_000);

it("a job reports its progress within a second, also for a venue that answers once a second", async () => {
  await open(KRAKEN);
  const { id } = await bench.request(NOON, END(KRAKEN), KRAKEN.market);
  const working = bench.backfills.work(id);
  const seen = new Set<number>();
  while ((await bench.store.find(id))?.state !== "done") {
    const job = await bench.store.find(id);
    if (job !== undefined && job.read > 0 && job.state === "running") {
      seen.add(job.read);
      expect(job.progress).toBeGreaterThan(0);
      expect(job.secondsLeft).toBeGreaterThanOrEqual(0);
    }
    await sleep(50);
  }
  await working;
  expect(seen.size).toBeGreaterThanOrEqual(2);
}, 60_000);
