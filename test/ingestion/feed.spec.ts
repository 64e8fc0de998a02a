import { setTimeout as sleep } from "node:timers/promises";
import { jest } from "@jest/globals";
import { Logger } from "@nestjs/common";
import { binance } from "../../src/venues/binance/spot.js";
import { until } from "../support/app.js";
import { VenueServer } from "../support/venue-server.js";
import { type FeedOptions, type FeedUnderTest, figure, startFeed } from "./feed-under-test.js";

const BTC = "binance:BTCUSDT";
const ETH = "binance:ETHUSDT";
const LIMIT = 30_000;

let server: VenueServer;
let under: FeedUnderTest;

beforeEach(async () => {
  Logger.overrideLogger(false);
  server = await VenueServer.start();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await under.stop();
  await server.close();
});

async function follow(symbols = ["BTCUSDT", "ETHUSDT"], options?: FeedOptions): Promise<void> {
  under = await startFeed(server, symbols, options);
}

function is(market: string, condition: string): Promise<void> {
  return until(
    () => under.tape.condition(market) === condition,
    LIMIT,
    () => `${market}: ${under.tape.conditions(market).join(", ")}`,
  );
}

/**
 * Until everything that was sent has come, and a number of trades more than before has been sent.
 */
async function flow(symbol: string, trades = 30): Promise<void> {
  const before = server.sentOf(symbol).length;
  server.tradeAll("BTCUSDT", "ETHUSDT");
  await until(() => server.sentOf(symbol).length > before + trades, LIMIT);
}

async function allArrived(): Promise<void> {
  server.pauseTrading();
  for (const symbol of ["BTCUSDT", "ETHUSDT"]) {
    const sent = server.sentOf(symbol);
    const own = (): string[] => under.tape.ids(`binance:${symbol}`);
    await until(() => own().length >= sent.length, LIMIT);
    expect(own()).toEqual(sent);
  }
}

describe("a venue whose connections break", () => {
  it("has each trade passed on once", async () => {
    await follow();
    for (let cut = 0; cut < 3; cut++) {
      await until(() => server.connections === 1, LIMIT);
      await flow("BTCUSDT");
      await allArrived();
      server.drop();
      await until(() => server.opened.length === cut + 2, LIMIT);
    }
    await until(() => server.connections === 1, LIMIT);
    await flow("ETHUSDT");
    await allArrived();
    expect(under.tape.trades).toHaveLength(
      server.sentOf("BTCUSDT").length + server.sentOf("ETHUSDT").length,
    );
    expect(under.tape.condition(BTC)).toBe("live");
    expect(under.tape.states.get(BTC)?.at(-1)?.reconnects).toBe(3);
    expect(await figure(under.metrics, "tapeline_feed_reconnects_total")).toBe(3);
  });

  it("is found half-open when it answers no ping, and reconnected", async () => {
    await follow();
    await until(() => server.connections === 1, LIMIT);
    await flow("BTCUSDT");
    server.pauseTrading();
    server.freeze();
    await until(() => server.opened.length === 2, LIMIT);
    await flow("BTCUSDT");
    await is(BTC, "live");
    expect(under.tape.conditions(BTC)).toEqual(expect.arrayContaining(["live", "down"]));
    const down = under.tape.states.get(BTC)?.find(({ condition }) => condition === "down");
    expect(down?.detail).toMatch(/nothing received for 1.5 s .*next attempt in/);
  });

  it("is not hammered when it accepts and hangs up at once", async () => {
    server.hangsUp = true;
    await follow();
    await sleep(3_000);
    const attempts = server.opened.length;
    // 20, 40, 80, 160 and then 200 ms, each down to its half by the jitter.
    expect(attempts).toBeGreaterThan(8);
    expect(attempts).toBeLessThan(40);
    const waits = server.opened.map((at, index) => at - (server.opened[index - 1] ?? 0));
    expect(Math.min(...waits.slice(6))).toBeGreaterThan(90);
    expect(Math.max(...waits.slice(6))).toBeLessThan(1_500);
    server.hangsUp = false;
    await until(() => server.connections === 1, LIMIT);
    await flow("BTCUSDT");
    await is(BTC, "live");
  });

  it.each([
    ["it says so", {}, true],
    ["its life is over", { limits: { ...binance.limits, connectionLifeMs: 1_500 } }, false],
  ])("gets the next one before the last ends, when %s", async (_, venue, announces) => {
    await follow(["BTCUSDT", "ETHUSDT"], { venue });
    await until(() => server.connections === 1, LIMIT);
    await flow("BTCUSDT");
    const message = {
      stream: "!serverShutdown",
      data: { e: "serverShutdown", E: 1 },
    };
    if (announces) server.send(JSON.stringify(message));
    await until(() => server.opened.length === 2 && server.connections === 1, LIMIT);
    await flow("BTCUSDT");
    await allArrived();
    expect(under.tape.conditions(BTC)).toEqual(["connecting", "live"]);
  });
});

describe("one symbol that goes silent while others flow", () => {
  it("is stale, and live again with a new subscription of it alone", async () => {
    await follow();
    await until(() => server.connections === 1, LIMIT);
    await flow("ETHUSDT");
    server.mute("ETHUSDT");
    await is(ETH, "stale");
    await is(ETH, "live");
    expect(under.tape.conditions(BTC)).toEqual(["connecting", "live"]);
    expect(server.opened).toHaveLength(1);
    expect(server.controls.map(({ method, params }) => [method, ...params])).toEqual([
      ["UNSUBSCRIBE", "ethusdt@aggTrade"],
      ["SUBSCRIBE", "ethusdt@aggTrade"],
    ]);
  });

  it("gets a new connection when a subscription is acknowledged and stays dead", async () => {
    await follow();
    await until(() => server.connections === 1, LIMIT);
    await flow("ETHUSDT");
    server.mute("ETHUSDT", true);
    await until(() => server.opened.length === 2, LIMIT);
    server.unmute();
    await is(ETH, "live");
    expect(under.tape.conditions(ETH)).toEqual(expect.arrayContaining(["live", "stale", "down"]));
  });

  it("is only quiet when the venue has nothing newer", async () => {
    await follow();
    await until(() => server.connections === 1, LIMIT);
    server.trade("ETHUSDT");
    server.tradeAll("BTCUSDT");
    await is(ETH, "quiet");
    await sleep(1_500);
    expect(under.tape.conditions(ETH)).toEqual(["connecting", "live", "quiet"]);
    expect(server.controls).toEqual([]);
    expect(new Set(server.requested)).toEqual(new Set(["ETHUSDT"]));
    server.trade("ETHUSDT");
    await is(ETH, "live");
  });

  it("is stale until the venue acknowledges it, when REST does not answer", async () => {
    server.restStatus = 451;
    await follow();
    await until(() => server.connections === 1, LIMIT);
    server.trade("ETHUSDT");
    server.tradeAll("BTCUSDT");
    await is(ETH, "stale");
    const detail = under.tape.states.get(ETH)?.at(-1)?.detail;
    expect(detail).toMatch(/REST does not say why \(451/);
    await is(ETH, "quiet");
  });

  it("sends no REST request while REST limits them", async () => {
    server.restStatus = 429;
    await follow();
    await until(() => server.connections === 1, LIMIT);
    server.trade("ETHUSDT");
    server.tradeAll("BTCUSDT");
    await is(ETH, "quiet");
    expect(server.requested).toEqual(["ETHUSDT"]);
  });

  it("is one of many: no more than five control messages a second are sent", async () => {
    const symbols = Array.from({ length: 8 }, (_, n) => `SYM${n}USDT`);
    await follow(["BTCUSDT", ...symbols]);
    await until(() => server.connections === 1, LIMIT);
    for (const symbol of symbols) server.trade(symbol);
    for (const symbol of symbols) server.mute(symbol);
    server.tradeAll("BTCUSDT", ...symbols);
    await until(() => server.controls.length >= 10, LIMIT);
    const times = server.controls.map(({ at }) => at);
    const counts = times.map(
      (from) => times.filter((at) => at >= from && at < from + 1_000).length,
    );
    expect(Math.max(...counts)).toBeLessThanOrEqual(5);
  });
});

it("counts what it cannot read, logs each kind once, and continues", async () => {
  const warnings: string[] = [];
  jest
    .spyOn(Logger.prototype, "warn")
    .mockImplementation((message: unknown) => void warnings.push(String(message)));
  await follow();
  await until(() => server.connections === 1, LIMIT);
  await flow("BTCUSDT", 5);
  const bad = {
    e: "aggTrade",
    E: 1,
    s: "BTCUSDT",
    a: 1,
    p: "-5",
    q: "1",
    f: 1,
    l: 1,
    T: server.now(),
    m: true,
  };
  for (let time = 0; time < 10; time++) {
    server.send("{ this is no JSON");
    server.send("\u0000\u0001\u0002");
    server.send(JSON.stringify({ stream: "btcusdt@aggTrade", data: bad }));
    server.send(
      JSON.stringify({
        stream: "btcusdt@aggTrade",
        data: { ...bad, p: "5", s: "XRPUSDT" },
      }),
    );
  }
  await flow("BTCUSDT", 5);
  await allArrived();
  expect(await figure(under.metrics, "tapeline_feed_refused_total")).toBe(40);
  const logged = warnings.filter((text) => text.includes("not accepted"));
  expect(logged.map((text) => /\((\w+)\)/.exec(text)?.[1])).toEqual([
    "not_json",
    "bad_price",
    "bad_time",
  ]);
  expect(server.opened).toHaveLength(1);
});

it("reports that it has stopped, and leaves nothing open", async () => {
  await follow();
  await until(() => server.connections === 1, LIMIT);
  await flow("BTCUSDT");
  const sent = server.sentOf("BTCUSDT").length;
  await under.stop();
  expect(under.tape.ids(BTC).length).toBeGreaterThanOrEqual(sent);
  expect([under.tape.condition(BTC), under.tape.condition(ETH)]).toEqual(["stopped", "stopped"]);
  await until(() => server.connections === 0, LIMIT);
});
