import type { Trade } from "../../src/domain/trade.js";
import type { Difference } from "../../src/domain/reconciliation.js";
import { until } from "../support/app.js";
import { BINANCE, BYBIT, KRAKEN, type KlineDialect } from "../support/exchange/kline-rest.js";
import { random } from "../support/random.js";
import { trade } from "../support/tape.js";
import { quietLog } from "./reconciliation-scene.js";
import { type Bench, KlineVenue, openBench } from "./reconciliation-under-test.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let bench: Bench;
let venue: KlineVenue;

quietLog();
afterEach(async () => {
  await bench.close();
  await venue.close();
});

async function open(dialect: KlineDialect, intervals = "1m"): Promise<void> {
  bench = await openBench(intervals);
  venue = await KlineVenue.start(dialect);
}

/**
 * One to three trades a minute, none in every fourth minute; ids count up or, on sparse markets,
 * skip.
 */
function madeTrades(
  market: string,
  ids: "dense" | "sparse",
  from: number,
  minutes: number,
): Trade[] {
  const next = random(17);
  let id = 500;
  return Array.from({ length: minutes }, (_, minute) =>
    minute % 4 === 3
      ? []
      : Array.from({ length: 1 + Math.floor(next() * 3) }, (_trade, index) =>
          trade(
            market,
            (id += ids === "dense" ? 1 : 1 + Math.floor(next() * 9)),
            from + minute * MINUTE + 1_000 + index * 15_000,
            {
              ids,
              price: `${200 + Math.floor(next() * 50)}.${1 + Math.floor(next() * 9)}`,
              amount: `1.${1 + Math.floor(next() * 9)}`,
            },
          ),
        ),
  ).flat();
}

/** Start of `minutes` whole minutes that end now. */
const startOf = (minutes: number): number => Date.now() - (Date.now() % MINUTE) - minutes * MINUTE;

const differences = (market: string): Promise<Difference[]> =>
  bench.results.differences({ market, interval: "1m", limit: 1_000 });

async function compared(market: string, count: number): Promise<void> {
  let last = 0;
  await until(
    async () => (last = (await bench.day(market)).compared) === count,
    20_000,
    () => `${last} compared`,
  );
}

describe("a venue whose candles open at the close before, and are flat without a trade", () => {
  const market = "bybit:BTCUSDT";

  it("has the same minutes as we, although no open equals ours", async () => {
    await open(BYBIT);
    const from = startOf(60);
    const trades = madeTrades(market, "sparse", from, 40);
    venue.trades.set("BTCUSDT", trades);
    await bench.record([...trades, { market, clock: from + 40 * MINUTE }]);
    await bench.start(venue, { feeds: market });
    await compared(market, 40);
    expect(await differences(market)).toEqual([]);
    const opens = (await bench.tape.candles.page({ market, interval: "1m", limit: 100 })).map(
      ({ open, close }) => [open, close],
    );
    expect(opens.filter(([first], at) => at > 0 && first === opens[at - 1]?.[1])).toEqual([]);
  });

  it("shows what was missed while no process followed, in that minute only", async () => {
    await open(BYBIT);
    const from = startOf(60);
    const trades = madeTrades(market, "sparse", from, 40);
    const lost = trades.filter(
      ({ time }) => time >= from + 20 * MINUTE && time < from + 22 * MINUTE,
    );
    venue.trades.set("BTCUSDT", trades);
    await bench.record([
      ...trades.filter((one) => !lost.includes(one)),
      { market, clock: from + 40 * MINUTE },
    ]);
    await bench.tape.source.query("UPDATE market SET blind = $1", [
      `{[${from + 21 * MINUTE + 500},${from + 21 * MINUTE + 9_000})}`,
    ]);
    await bench.start(venue, { feeds: market });
    await compared(market, 40);
    await until(
      async () => (await differences(market)).every(({ state }) => state === "confirmed"),
      30_000,
    );
    expect(
      (await differences(market)).map(({ openTime, outcome, complete }) => [
        (openTime - from) / MINUTE,
        outcome,
        complete,
      ]),
    ).toEqual([
      [20, "missing_here", null],
      // It is known that no process followed it then.
      [21, "missing_here", false],
    ]);
  });
});

describe("a venue that serves its newest 720 candles only", () => {
  const market = "kraken:BTC/USD";

  it("is not queried for older ones, and its flat minutes match ours without a trade", async () => {
    await open(KRAKEN);
    const from = startOf(900);
    const trades = madeTrades(market, "dense", from, 890);
    venue.trades.set("BTC/USD", trades);
    await bench.record([...trades, { market, clock: from + 890 * MINUTE }]);
    await bench.start(venue, { feeds: market });
    await until(async () => (await bench.day(market)).compared > 700, 20_000);
    // It allows one request a second.
    await new Promise((done) => setTimeout(done, 2_500));
    expect(await differences(market)).toEqual([]);
    expect((await bench.day(market)).compared).toBeLessThan(720);
    expect(venue.klineRequests).toBeLessThan(5);
  }, 30_000);
});

describe("longer intervals", () => {
  const market = "binance:BTCUSDT";

  it("are compared by samples, one of each a day", async () => {
    await open(BINANCE, "1m,5m,1h,3d");
    const today = Date.now() - (Date.now() % DAY);
    const from = today - 3 * DAY;
    const trades = Array.from({ length: 3 * 288 }, (_, index) =>
      trade(market, index + 1, from + index * 5 * MINUTE + 1_000, {
        price: `${100 + (index % 7)}`,
      }),
    );
    venue.trades.set("BTCUSDT", trades);
    await bench.record([...trades, { market, clock: today }]);
    await bench.start(venue, { feeds: market, back: 10 * DAY, every: 300 });
    const endsOf = (interval: string): number[] =>
      venue.requests
        .filter((url) => url.searchParams.get("interval") === interval)
        .map((url) => Number(url.searchParams.get("endTime")) + 1);
    await until(() => endsOf("5m").length >= 3 && endsOf("1h").length >= 3, 30_000);
    await compared(market, 3 * 1_440);
    const rows: { interval: string; days: string; ms: string }[] = await bench.tape.source.query(
      `SELECT interval, count(*) AS days, sum((SELECT sum(upper(x) - lower(x)) FROM unnest(compared) x)) AS ms
         FROM reconciliation WHERE interval <> '1m' GROUP BY interval ORDER BY interval`,
    );
    expect(rows).toEqual([
      { interval: "5m", days: "3", ms: String(3 * 5 * MINUTE) },
      { interval: "1h", days: "3", ms: String(3 * HOUR) },
    ]);
    expect(endsOf("3d")).toEqual([]);
    const end = endsOf("1h")[0] as number;
    expect(
      await bench.results.of(market, "1h", end - HOUR, bench.tape.source.manager),
    ).toMatchObject({
      outcome: "match",
    });
  }, 60_000);
});
