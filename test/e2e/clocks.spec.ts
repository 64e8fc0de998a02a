import { setTimeout as sleep } from "node:timers/promises";
import type { Candle } from "../../src/domain/candle.js";
import type { FeedState } from "../../src/domain/feed-state.js";
import { Process, type Settings, run, until } from "../support/app.js";
import { createDatabase } from "../support/databases.js";
import { ClockSteps } from "../support/clock-steps.js";
import { BinanceExchange } from "../support/exchange/binance-exchange.js";
import { MarketClock } from "../support/exchange/market-clock.js";
import { type RawTrade, SymbolTape } from "../support/exchange/symbol-tape.js";
import { nineOf, nineOfRow } from "../support/klines.js";
import { candlesOf, rest } from "../support/soak/rest-candles.js";
import { VenueServer } from "../support/venue-server.js";

const BTC = "binance:BTCUSDT";
const ETH = "binance:ETHUSDT";
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

interface MarketAnswer {
  coverage: { missing: string; ranges: number };
  feed: FeedState | null;
}

const market = (app: Process, name: string): Promise<MarketAnswer> =>
  app.get(`/api/v1/markets/${encodeURIComponent(name)}`);

describe("one message from the future, of one market of two", () => {
  let exchange: VenueServer;
  let app: Process;
  beforeAll(async () => {
    exchange = await VenueServer.start();
    app = await (
      await Process.start(["serve"], {
        DATABASE_URL: await createDatabase(),
        FEEDS: `${BTC},${ETH}`,
        BINANCE_WS_URL: exchange.wsUrl,
        BINANCE_REST_URL: exchange.restUrl,
        BOOTSTRAP: "0",
        RECONCILE: "off",
        INTERVALS: "1s,1m",
      })
    ).ready();
  });
  afterAll(async () => {
    await app.stop();
    await exchange.close();
  });

  /** Candles that are closed although the exchange's clock has not reached their end. */
  async function early(): Promise<string[]> {
    const found: string[] = [];
    for (const name of [BTC, ETH])
      for (const interval of ["1s", "1m"]) {
        const path = `/api/v1/markets/${name}/candles?interval=${interval}&limit=100`;
        const candles = await app.get<Candle[]>(path);
        const now = exchange.now();
        for (const { closed, openTime, closeTime } of candles)
          if (closed && closeTime > now) found.push(`${name} ${interval} ${openTime} at ${now}`);
      }
    return found;
  }

  it("closes no candle of either before its end, and is shown", async () => {
    exchange.tradeAll("BTCUSDT", "ETHUSDT");
    await until(
      async () =>
        // Unknown before its first trade.
        (await app.get<unknown[]>(`/api/v1/markets/${ETH}/trades?limit=50`).catch(() => []))
          .length === 50,
      30_000,
      () => app.output.slice(-2_000),
    );
    // The trade alone is refused; message and trade together are stored, and believed by nobody.
    exchange.trade("BTCUSDT", 55 * SECOND, 0);
    exchange.trade("BTCUSDT", 55 * SECOND);
    const limit = performance.now() + 4 * SECOND;
    while (performance.now() < limit) {
      expect(await early()).toEqual([]);
      await sleep(100);
    }
    // Quiet markets, whose candles close by the venue's clock.
    exchange.pauseTrading();
    for (let look = 0; look < 30; look++) {
      expect(await early()).toEqual([]);
      await sleep(100);
    }
    const candles = await app.get<Candle[]>(`/api/v1/markets/${ETH}/candles?interval=1s&limit=100`);
    const late = candles.filter(({ closeTime }) => closeTime + 4 * SECOND < exchange.now());
    expect(candles.length).toBeGreaterThanOrEqual(4);
    expect(late.filter(({ closed }) => !closed)).toEqual([]);
    expect(await app.get("/api/v1/dead-letters")).toMatchObject([
      { reason: "bad_time", topic: "trades", key: BTC },
    ]);
    expect((await market(app, BTC)).feed?.clock).toMatchObject({ jumps: 0, doubted: 1 });
    expect(app.output).toContain("ahead of the clock of binance: not believed unless another");
  }, 90_000);
});

/** Two trades a second, from an hour before until minutes after. */
function tapeAround(now: number): SymbolTape {
  const trades: RawTrade[] = [];
  for (let at = 0; at < 7_900; at++)
    trades.push({
      id: 7_000_000 + at,
      price: `${60_000 + ((at * 37) % 101)}.${at % 10}`,
      amount: `0.0${1 + (at % 9)}`,
      isBuyerMaker: at % 3 === 0,
      time: now - HOUR + at * 500,
    });
  return new SymbolTape("BTCUSDT", trades);
}

/**
 * An exchange that is this far ahead of this machine, and a process that follows it for the first
 * time; its clock is then set by each of the steps.
 */
async function follows(skewMs: number, ...stepsMs: number[]): Promise<void> {
  const steps = new ClockSteps();
  const clock = new MarketClock(Date.now() + skewMs);
  const exchange = await BinanceExchange.start({ tapes: [tapeAround(clock.now())], clock });
  const settings: Settings = {
    DATABASE_URL: await createDatabase(),
    FEEDS: BTC,
    BINANCE_WS_URL: exchange.wsUrl,
    BINANCE_REST_URL: exchange.restUrl,
    BOOTSTRAP: "10m",
    RECONCILE_AFTER: "1m",
    INTERVALS: "1s,1m",
    ...steps.settings,
  };
  const app = await Process.start(["serve"], settings);
  const within = (holds: () => Promise<boolean> | boolean): Promise<void> =>
    until(holds, 40_000, () => `skew ${skewMs}: ${app.output.slice(-3_000)}`);
  try {
    await app.ready();
    let holes = 0;
    const repairs = async (): Promise<void> => {
      exchange.inject({ kind: "drop", symbol: "BTCUSDT", frames: 3 });
      holes++;
      await within(async () => {
        const { coverage } = await market(app, BTC);
        const repaired = await app.get<unknown[]>(`/api/v1/markets/${BTC}/gaps?state=repaired`);
        return repaired.length >= holes && coverage.missing === "0";
      });
    };
    await within(() => exchange.streams.followers("btcusdt@aggTrade") > 0);
    // It may fetch what is dropped while it runs.
    await within(async () => {
      const jobs = await app.get<{ state: string }[]>("/api/v1/backfills");
      return jobs.length === 1 && jobs[0]?.state === "done";
    });
    await repairs();
    for (const stepMs of stepsMs) {
      steps.step(stepMs);
      skewMs -= stepMs;
      await sleep(1_000);
      await repairs();
      await closes(app, exchange);
    }
    const warning = `${(Math.abs(skewMs) / SECOND).toFixed(1)} s ${skewMs > 0 ? "behind" : "ahead of"}`;
    await within(() => app.output.includes(`The clock of this machine is ${warning} that`));
    // Comparison with the exchange's own candles goes by its clock, too.
    await within(async () => {
      const days = await app.get<unknown[]>("/api/v1/reconciliation?from=0&to=4102444800000");
      return days.length > 0;
    });
    await expectExchanges(app, exchange);
    const { feed } = await market(app, BTC);
    expect(Math.abs((feed?.clock?.skewMs ?? Infinity) - skewMs)).toBeLessThan(1_000);
    expect(await app.get("/api/v1/dead-letters")).toEqual([]);
    expect(await run(["verify"], settings)).toMatchObject({ code: 0 });
  } finally {
    await app.stop();
    await exchange.close();
    steps.close();
  }
}

/** The minute that the exchange has now is closed soon after its end, and not before. */
async function closes(app: Process, exchange: BinanceExchange): Promise<void> {
  const path = `/api/v1/markets/${BTC}/candles?interval=1s&limit=20`;
  for (let look = 0; look < 20; look++) {
    const candles = await app.get<Candle[]>(path);
    const now = exchange.clock.now();
    const early = candles.filter(({ closed, closeTime }) => closed && closeTime > now);
    const late = candles.filter(({ closed, closeTime }) => !closed && closeTime + 10_000 < now);
    expect({ early, late }).toEqual({ early: [], late: [] });
    await sleep(100);
  }
  const newest = (await app.get<Candle[]>(path)).filter(({ closed }) => closed).at(-1);
  expect((newest?.closeTime ?? 0) + 10_000).toBeGreaterThan(exchange.clock.now());
}

/** Expects the exchange's own candles, from the first whole minute on. */
async function expectExchanges(app: Process, exchange: BinanceExchange): Promise<void> {
  const candles = await candlesOf(app.url, BTC, "1m", 0);
  const whole = candles.filter(({ closed }) => closed).slice(1);
  expect(whole.length).toBeGreaterThanOrEqual(8);
  expect(whole.every(({ complete }) => complete === true)).toBe(true);
  const [first, last] = [whole[0]?.openTime, whole.at(-1)?.closeTime];
  const rows = await rest<(string | number)[][]>(
    exchange.restUrl,
    `/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=${first}&endTime=${last}&limit=1000`,
  );
  expect(whole.map(nineOf)).toEqual(rows.map((row) => nineOfRow(row.map(String))));
}

it("a clock that is set by 90 s and an hour while everything runs: holes, closing and candles are as right as ever", async () => {
  await Promise.all([follows(0, 90 * SECOND, -HOUR), follows(0, HOUR, -90 * SECOND)]);
}, 180_000);

it("an exchange 90 s or an hour ahead or behind: its history, holes and candles are as right as ever", async () => {
  await Promise.all([90 * SECOND, -90 * SECOND, HOUR, -HOUR].map((skewMs) => follows(skewMs)));
}, 180_000);
