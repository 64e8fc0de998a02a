import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../support/app.js";
import { BINANCE } from "../support/exchange/kline-rest.js";
import { trade } from "../support/tape.js";
import { quietLog } from "./reconciliation-scene.js";
import { type Bench, KlineVenue, openBench } from "./reconciliation-under-test.js";

const MINUTE = 60_000;
const [BTC, ETH] = ["binance:BTCUSDT", "binance:ETHUSDT"];
const FEEDS = { feeds: `${BTC},${ETH}` };
const MINUTES = 10;

let bench: Bench;
let venue: KlineVenue;
let first: number;

quietLog();
beforeEach(async () => {
  bench = await openBench();
  venue = await KlineVenue.start(BINANCE);
  first = Date.now() - (Date.now() % MINUTE) - MINUTES * MINUTE;
  for (const market of [BTC, ETH] as string[]) {
    const trades = Array.from({ length: MINUTES }, (_, index) =>
      trade(market, 100 + index, first + index * MINUTE + 5, {
        price: `${index + 1}.5`,
      }),
    );
    venue.trades.set(market.slice(8), trades);
    await bench.record([...trades, { market, clock: Date.now() }]);
  }
});
afterEach(async () => {
  await bench.close();
  await venue.close();
});

const comparedOf = async (market: string): Promise<number> => (await bench.day(market)).compared;

async function compared(market: string): Promise<void> {
  let last = 0;
  await until(
    async () => (last = await comparedOf(market)) >= MINUTES,
    20_000,
    () => `${market}: ${last}, after ${venue.klineRequests} requests`,
  );
}

const isOf = (url: URL, symbol: string): boolean => url.searchParams.get("symbol") === symbol;

function answerOnce(
  holds: (url: URL) => boolean,
  answer: (response: ServerResponse) => void,
): void {
  venue.instead = (url, response) => {
    if (!holds(url)) return false;
    venue.instead = () => false;
    answer(response);
    return true;
  };
}

describe("an unusable answer", () => {
  it.each([
    ["no JSON", "<html>Bad Gateway</html>"],
    ["an error with status 200", '{"code":-1121,"msg":"Invalid symbol."}'],
    ["a candle without a volume", '[[1723161600000,"1","1","1","1"]]'],
  ])("%s: says nothing about the candles, and is requested again", async (_, body) => {
    answerOnce(
      (url) => isOf(url, "BTCUSDT"),
      (response) => response.end(body),
    );
    await bench.start(venue, FEEDS);
    await compared(ETH);
    await compared(BTC);
    const found = await bench.results.differences({
      market: BTC,
      interval: "1m",
      limit: 10,
    });
    expect(found).toEqual([]);
  });

  it("for one market does not delay the others, and is retried less and less often", async () => {
    venue.instead = (url, response) => {
      if (!isOf(url, "BTCUSDT")) return false;
      response.writeHead(400).end('{"code":-1121,"msg":"Invalid symbol."}');
      return true;
    };
    await bench.start(venue, FEEDS);
    await compared(ETH);
    await sleep(3_000);
    const requests = venue.requests.filter((url) => isOf(url, "BTCUSDT")).length;
    // Every 100 ms it would be 30.
    expect(requests).toBeLessThan(10);
    expect(await comparedOf(BTC)).toBe(0);
  });
});

it("waits for the newest candles that an answer does not have yet", async () => {
  let isLate = true;
  venue.serve = (bars) => (isLate ? bars.slice(0, -3) : bars);
  await bench.start(venue, { feeds: BTC });
  await until(async () => (await comparedOf(BTC)) === MINUTES - 3, 30_000);
  await sleep(400);
  expect(await comparedOf(BTC)).toBe(MINUTES - 3);
  isLate = false;
  await compared(BTC);
  expect((await bench.day(BTC)).matchRatio).toBe(1);
});

it("takes rows in any order", async () => {
  venue.serve = (bars) => [...bars].reverse();
  await bench.start(venue, { feeds: BTC });
  await compared(BTC);
  expect((await bench.day(BTC)).matchRatio).toBe(1);
});

it("sends nothing for as long as a venue wants no requests, and resumes by itself", async () => {
  answerOnce(
    () => true,
    (response) => response.writeHead(429, { "Retry-After": "2" }).end("{}"),
  );
  await bench.start(venue, FEEDS);
  await until(() => venue.klineRequests === 1, 30_000);
  await sleep(1_500);
  expect(venue.klineRequests).toBe(1);
  await compared(BTC);
  await compared(ETH);
});

it("resumes after the venue's server was away", async () => {
  let isAway = true;
  venue.instead = (_url, response) => {
    if (isAway) response.writeHead(503).end("maintenance");
    return isAway;
  };
  await bench.start(venue, FEEDS);
  await until(() => venue.klineRequests >= 3, 30_000);
  isAway = false;
  await compared(BTC);
  await compared(ETH);
});

it("ends while a request is under way", async () => {
  venue.instead = () => true;
  const running = await bench.start(venue, FEEDS);
  await until(() => venue.klineRequests > 0, 30_000);
  const before = performance.now();
  await running.stop();
  expect(performance.now() - before).toBeLessThan(2_000);
});
