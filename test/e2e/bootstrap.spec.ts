import type { Candle } from "../../src/domain/candle.js";
import type { FeedState } from "../../src/domain/feed-state.js";
import { Process, type Settings, run, until } from "../support/app.js";
import { BinanceExchange } from "../support/exchange/binance-exchange.js";
import { MarketClock } from "../support/exchange/market-clock.js";
import { type RawTrade, SymbolTape } from "../support/exchange/symbol-tape.js";
import { nineOf, nineOfRow } from "../support/klines.js";
import { freePort, prepareDataDir, runFolder } from "../support/postgres.js";
import { candlesOf, rest } from "../support/soak/rest-candles.js";

const MARKET = "binance:BTCUSDT";
const MINUTE = 60_000;
const EVERY_MS = 500;

interface MarketAnswer {
  trades: number;
  coverage: { ranges: number };
  feed: FeedState | null;
}

/**
 * Two trades a second, from before the last hour until after the test; every seventh shares its
 * millisecond with the one before.
 */
function tapeAroundNow(now: number): SymbolTape {
  const trades: RawTrade[] = [];
  const start = now - 90 * MINUTE;
  for (let at = 0; start + at * EVERY_MS < now + 5 * MINUTE; at++)
    trades.push({
      id: 7_000_000 + at,
      price: `${60_000 + ((at * 37) % 101)}.${at % 10}`,
      amount: `0.0${1 + (at % 9)}`,
      isBuyerMaker: at % 3 === 0,
      time: start + (at % 7 === 0 && at > 0 ? at - 1 : at) * EVERY_MS,
    });
  return new SymbolTape("BTCUSDT", trades);
}

describe("a market that is followed for the first time", () => {
  let exchange: BinanceExchange;
  let settings: Settings;
  let app: Process;
  beforeAll(async () => {
    const clock = MarketClock.local();
    const tape = tapeAroundNow(clock.now());
    exchange = await BinanceExchange.start({ tapes: [tape], clock });
    settings = {
      FEEDS: MARKET,
      BINANCE_WS_URL: exchange.wsUrl,
      BINANCE_REST_URL: exchange.restUrl,
      DATA_DIR: prepareDataDir(runFolder("bootstrap-")),
      EMBEDDED_PORT: String(await freePort()),
    };
  });
  afterAll(async () => {
    await app?.stop();
    await exchange?.close();
  });

  const market = (): Promise<MarketAnswer> =>
    rest(app.url, `/api/v1/markets/${encodeURIComponent(MARKET)}`);
  const jobs = (): Promise<{ state: string; askedBy: string }[]> =>
    rest(app.url, "/api/v1/backfills");

  it("has its last hour at once, which joins the live trades, and reports how much of it is loaded", async () => {
    exchange.inject({ kind: "rest-slow", forMs: 60_000, byMs: 700 });
    app = await (await Process.start(["serve"], settings)).ready();
    const parts = new Set<number>();
    await until(
      async () => {
        const history = await market().then(
          ({ feed }) => feed?.history ?? null,
          () => null,
        );
        if (history !== null) parts.add(history);
        return (await jobs()).some(({ state }) => state === "done");
      },
      90_000,
      () => app.output.slice(-3_000),
    );
    expect([...parts].some((part) => part > 0 && part < 1)).toBe(true);
    await until(
      async () => {
        const { coverage, trades, feed } = await market();
        return coverage.ranges === 1 && trades > 7_000 && feed?.history === null;
      },
      30_000,
      () => app.output.slice(-3_000),
    );
  }, 150_000);

  it("has the exchange's own candles, from the first whole minute of that hour on", async () => {
    const candles = await candlesOf(app.url, MARKET, "1m", 0);
    const whole = candles.filter(({ closed }) => closed).slice(1);
    expect(whole.length).toBeGreaterThanOrEqual(58);
    expect(whole.every(({ complete }: Candle) => complete === true)).toBe(true);
    const from = whole[0]?.openTime ?? 0;
    const to = whole.at(-1)?.closeTime ?? 0;
    const rows = await rest<(string | number)[][]>(
      exchange.restUrl,
      `/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=${from}&endTime=${to}&limit=1000`,
    );
    expect(whole.map(nineOf)).toEqual(rows.map((row) => nineOfRow(row.map(String))));
    expect(await run(["verify"], settings)).toMatchObject({ code: 0 });
  }, 60_000);

  it("is not fetched again at the next start", async () => {
    await app.stop();
    exchange.heal();
    app = await (await Process.start(["serve"], settings)).ready();
    await until(
      async () => (await market()).feed?.condition === "live",
      30_000,
      () => app.output.slice(-3_000),
    );
    expect(await jobs()).toMatchObject([{ askedBy: "bootstrap", state: "done" }]);
  }, 90_000);
});
