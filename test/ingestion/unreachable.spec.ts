import { setTimeout as sleep } from "node:timers/promises";
import { jest } from "@jest/globals";
import { Logger } from "@nestjs/common";
import { type Config, readConfig } from "../../src/config/config.js";
import type { Trade } from "../../src/domain/trade.js";
import type { Feeds } from "../../src/ingestion/feed/feeds.js";
import { until } from "../support/app.js";
import { freePort } from "../support/postgres.js";
import { VenueServer } from "../support/venue-server.js";
import { Tape } from "./feed-under-test.js";
import { feedsOf } from "./feeds-under-test.js";

const LIMIT = 20_000;
const DAY = 86_400_000;

let feeds: Feeds;
let tape: Tape;
let warnings: string[];

beforeEach(() => {
  warnings = [];
  Logger.overrideLogger(false);
  jest
    .spyOn(Logger.prototype, "warn")
    .mockImplementation((message: unknown) => void warnings.push(String(message)));
});

afterEach(async () => {
  jest.restoreAllMocks();
  await feeds.stop();
  await tape.transport.close();
});

async function start(config: Config): Promise<void> {
  tape = await Tape.start();
  ({ feeds } = feedsOf(config, tape.transport));
  feeds.start();
}

function tradesOf(market: string): Trade[] {
  return tape.trades.filter((trade) => trade.market === market);
}

function expectDense(trades: readonly Trade[]): void {
  const broken = trades.filter(({ ord, time }, index) => {
    const before = trades[index - 1];
    if (before === undefined) return false;
    return BigInt(ord) !== BigInt(before.ord) + 1n || time < before.time;
  });
  expect(broken).toEqual([]);
}

function withoutReceipt({ receivedAt: _, ...rest }: Trade): object {
  return rest;
}

describe("when no exchange can be reached at start", () => {
  it("a day of simulated trades joins on to live ones, says what it is, and the exchange is followed once it answers", async () => {
    const port = await freePort();
    const url = `ws://127.0.0.1:${port}`;
    const rest = `http://127.0.0.1:${port}`;
    await start(readConfig({ BINANCE_WS_URL: url, BINANCE_REST_URL: rest }));
    await until(() => tape.condition("sim:ADAUSDT") === "live", LIMIT);
    const history = tradesOf("sim:BTCUSDT");
    expect(Date.now() - (history[0]?.time ?? 0)).toBeGreaterThan(DAY - 60_000);
    expect(tape.trades.length).toBeLessThan(250_000);
    await until(() => tradesOf("sim:BTCUSDT").length > history.length + 1, LIMIT);
    for (const symbol of ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "ADAUSDT"])
      expectDense(tradesOf(`sim:${symbol}`));
    expect(tape.trades.every(({ source }) => source === "simulated")).toBe(true);
    expect(tape.states.get("sim:BTCUSDT")?.at(-1)?.detail).toMatch(
      /simulated data: no exchange could be reached/,
    );
    const notice = warnings.find((text) => text.includes("SIMULATED"));
    expect(notice).toMatch(
      new RegExp(`NO EXCHANGE CAN BE REACHED .*127.0.0.1:${port}: .*ECONNREFUSED`),
    );
    expect(tape.condition("binance:BTCUSDT")).toBe("down");

    const server = await VenueServer.start(port);
    try {
      await until(() => server.connections === 1, 40_000);
      server.tradeAll("BTCUSDT");
      await until(() => tape.condition("binance:BTCUSDT") === "live", LIMIT);
      expect(tape.condition("sim:BTCUSDT")).toBe("live");
    } finally {
      await feeds.stop();
      await server.close();
    }
    const ends = (): unknown[] =>
      [...tape.states.values()].map((states) => states.at(-1)?.condition);
    await until(() => ends().every((end) => end === "stopped"), LIMIT);
  }, 120_000);

  it("a second start repeats the trades of the first, ids and all", async () => {
    const config = readConfig({
      FEEDS: "sim:BTCUSDT",
      SIM_RATE: "20",
      SIM_HISTORY: "5m",
    });
    await start(config);
    await until(() => tape.condition("sim:BTCUSDT") === "live", LIMIT);
    const first = new Map(tradesOf("sim:BTCUSDT").map((trade) => [trade.id, trade]));
    await feeds.stop();
    await tape.transport.close();
    await start(config);
    await until(() => tape.condition("sim:BTCUSDT") === "live", LIMIT);
    const again = tradesOf("sim:BTCUSDT").filter(({ id }) => first.has(id));
    expect(again.length).toBeGreaterThan(5_000);
    expect(again.map(withoutReceipt)).toEqual(
      again.map(({ id }) => withoutReceipt(first.get(id) as Trade)),
    );
  });

  it("nothing is simulated for configured markets", async () => {
    const port = await freePort();
    await start(
      readConfig({
        FEEDS: "binance:BTCUSDT",
        BINANCE_WS_URL: `ws://127.0.0.1:${port}`,
      }),
    );
    // An exchange is given five seconds.
    await sleep(6_500);
    expect([...tape.states.keys()]).toEqual(["binance:BTCUSDT"]);
    expect(tape.trades).toEqual([]);
  });
});

describe("the simulated venue", () => {
  it("injects the configured faults and still ends with every trade but the missing ones", async () => {
    const faults = {
      SIM_LATE: "0.1",
      SIM_DUPLICATE: "0.1",
      SIM_DISORDER: "0.1",
      SIM_MISSING: "0.1",
    };
    await start(
      readConfig({
        FEEDS: "sim:BTCUSDT",
        SIM_RATE: "200",
        SIM_HISTORY: "1m",
        ...faults,
      }),
    );
    await until(() => tape.trades.length > 12_500, LIMIT);
    const ids = tape.trades.map(({ ord }) => Number(BigInt(ord) & (2n ** 42n - 1n)));
    const unique = new Set(ids);
    const span = Math.max(...ids) - Math.min(...ids) + 1;
    expect(unique.size / span).toBeCloseTo(0.9, 1);
    expect(ids.length / unique.size).toBeCloseTo(1.1, 1);
    const backwards = ids.filter((id, index) => id < (ids[index - 1] ?? 0)).length;
    expect(backwards / ids.length).toBeGreaterThan(0.05);
  });
});
