import { setTimeout as sleep } from "node:timers/promises";
import type { Trade } from "../../src/domain/trade.js";
import { Process, run, until } from "../support/app.js";
import { BinanceExchange } from "../support/exchange/binance-exchange.js";
import { MarketClock } from "../support/exchange/market-clock.js";
import { between, spotTape } from "../support/exchange/recorded-tapes.js";
import { goldens } from "../support/golden.js";
import { nineOf } from "../support/klines.js";
import { candlesOf, rest } from "../support/soak/rest-candles.js";
import {
  type Checked,
  candleProblems,
  coverageProblems,
  gapProblems,
  marketOf,
} from "../support/soak/soak-checks.js";
import { createDatabase } from "../support/databases.js";
import { random } from "../support/random.js";

const SPEED = 60;
/** No faults in the last moments: what is lost at the very end, no later id shows. */
const TAIL_MS = 1_500;

describe("a recording streamed with holes", () => {
  const whole = spotTape();
  // The recording is shorter; generated trades last for hours.
  const tape = between(whole, whole.start, whole.start + 12 * 60_000);
  const { symbol } = tape;
  const market = marketOf(tape);
  let settings: Record<string, string>;
  let databaseUrl: string;
  let exchange: BinanceExchange;
  let app: Process;
  beforeAll(async () => {
    databaseUrl = await createDatabase();
    const clock = MarketClock.standing(tape.start - 1, SPEED);
    exchange = await BinanceExchange.start({ tapes: [tape], clock });
    settings = {
      DATABASE_URL: databaseUrl,
      FEEDS: market,
      BINANCE_WS_URL: exchange.wsUrl,
      BINANCE_REST_URL: exchange.restUrl,
      BOOTSTRAP: "0",
    };
    app = await (await Process.start(["serve"], settings)).ready();
    await connected();
  }, 120_000);
  afterAll(async () => {
    await app?.stop();
    await exchange?.close();
  });

  async function connected(): Promise<void> {
    const stream = `${symbol.toLowerCase()}@aggTrade`;
    await until(() => exchange.streams.followers(stream) > 0, 60_000);
  }

  /** Drops, and one cut connection, until shortly before the end. */
  async function streamWithHoles(): Promise<void> {
    const next = random(20_240_808);
    exchange.clock.resume();
    for (let round = 0; ; round++) {
      // Trades missing before the first stored one are no hole.
      await sleep(400 + next() * 600);
      const left = (tape.end - exchange.clock.now()) / SPEED;
      if (left < TAIL_MS) break;
      exchange.inject({
        kind: "drop",
        symbol,
        frames: 1 + Math.floor(next() * 20),
      });
      if (round === 4) exchange.inject({ kind: "reset" });
    }
    exchange.heal();
    exchange.clock.pause();
    await connected();
    exchange.clock.resume();
    await until(() => exchange.isOver, 60_000);
  }

  it("ends with none of them, and with the candles that the exchange itself published", async () => {
    await streamWithHoles();
    expect(exchange.faults.felt()).toMatchObject({
      drop: expect.any(Number) as number,
      reset: 1,
    });
    const { url } = app;
    const checked: Checked = { url, databaseUrl, exchange, tapes: [tape] };
    const left = async (): Promise<string[]> => [
      ...(await coverageProblems(checked)),
      ...(await gapProblems(checked)),
    ];
    let problems: string[] = [];
    await until(
      async () => (problems = await left()).length === 0,
      60_000,
      () => [...problems, app.output.slice(-3_000)].join("\n"),
    );
    expect((await candleProblems(checked)).problems).toEqual([]);
    const golden = goldens().find(({ name }) => name === "binance-spot");
    if (golden !== undefined) {
      const wanted = new Set(golden.bars.map(({ openTime }) => openTime));
      const candles = await candlesOf(url, market, golden.interval, 0);
      expect(candles.map(nineOf).filter(({ openTime }) => wanted.has(openTime))).toEqual(
        golden.bars,
      );
    }
    expect(await run(["verify"], settings)).toMatchObject({ code: 0 });
  }, 180_000);

  it("says of each trade whether it came by repair", async () => {
    const path = `/api/v1/markets/${encodeURIComponent(market)}/trades?fromId=0&start=${tape.start}&limit=1000`;
    const trades = await rest<Trade[]>(app.url, path);
    const sources = new Set(trades.map(({ source }) => source));
    expect([...sources].sort()).toEqual(["live", "repair"]);
  }, 60_000);
});
