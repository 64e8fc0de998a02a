import { setTimeout as sleep } from "node:timers/promises";
import { Process, run, until } from "../support/app.js";
import { BinanceExchange } from "../support/exchange/binance-exchange.js";
import { MarketClock } from "../support/exchange/market-clock.js";
import { madeTrades } from "../support/exchange/recorded-tapes.js";
import { SymbolTape } from "../support/exchange/symbol-tape.js";
import {
  type Checked,
  candleProblems,
  coverageProblems,
  gapProblems,
  marketOf,
} from "../support/soak/soak-checks.js";
import { createDatabase } from "../support/databases.js";

const START = Date.UTC(2026, 0, 5, 12);
const SPEED = 600;
/** Several pages of REST. */
const LOST_FRAMES = 3_000;

let exchange: BinanceExchange;
let app: Process | undefined;
afterAll(async () => {
  await app?.stop();
  await exchange?.close();
});

it("a process that is killed in the middle of a repair leaves no gap that the next process cannot close", async () => {
  const tape = new SymbolTape("BTCUSDT", madeTrades(240, 11, START));
  const market = marketOf(tape);
  const databaseUrl = await createDatabase();
  const clock = MarketClock.standing(tape.start - 1, SPEED);
  exchange = await BinanceExchange.start({ tapes: [tape], clock });
  const settings = {
    DATABASE_URL: databaseUrl,
    FEEDS: market,
    BINANCE_WS_URL: exchange.wsUrl,
    BINANCE_REST_URL: exchange.restUrl,
    BOOTSTRAP: "0",
  };
  const followed = (): Promise<void> =>
    until(() => exchange.streams.followers("btcusdt@aggTrade") > 0, 60_000);
  const pages = (): unknown[] => exchange.requests.filter(({ url }) => url.includes("/aggTrades?"));
  app = await (await Process.start(["serve"], settings)).ready();
  await followed();
  clock.resume();
  await sleep(2_000);
  exchange.inject({ kind: "drop", symbol: tape.symbol, frames: LOST_FRAMES });
  // Pages are slow, so that the kill comes between two.
  exchange.inject({ kind: "rest-slow", forMs: 120_000, byMs: 700 });
  await until(() => pages().length >= 3, 60_000);
  const path = `/api/v1/markets/${encodeURIComponent(market)}/gaps`;
  expect(await app.get(path)).toMatchObject([{ state: "repairing" }]);
  await app.kill();
  exchange.heal();
  const before = pages().length;
  clock.pause();
  app = await (await Process.start(["serve"], settings)).ready();
  await followed();
  clock.resume();
  await until(() => exchange.isOver, 120_000);
  const checked: Checked = {
    url: app.url,
    databaseUrl,
    exchange,
    tapes: [tape],
  };
  let problems: string[] = [];
  await until(
    async () =>
      (problems = [...(await coverageProblems(checked)), ...(await gapProblems(checked))])
        .length === 0,
    60_000,
    () => [...problems, app?.output.slice(-3_000)].join("\n"),
  );
  expect(pages().length).toBeGreaterThan(before);
  expect((await candleProblems(checked)).problems).toEqual([]);
  expect(await run(["verify"], settings)).toMatchObject({ code: 0 });
}, 240_000);
