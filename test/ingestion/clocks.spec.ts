import { setTimeout as sleep } from "node:timers/promises";
import { jest } from "@jest/globals";
import { Logger } from "@nestjs/common";
import { until } from "../support/app.js";
import { VenueServer } from "../support/venue-server.js";
import { type FeedUnderTest, figure, startFeed } from "./feed-under-test.js";

const BTC = "binance:BTCUSDT";
const ETH = "binance:ETHUSDT";
const LIMIT = 30_000;
const HOUR = 3_600_000;
/** What the feed waits after a boundary. */
const GRACE_MS = 2_000;

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

async function follow(): Promise<void> {
  under = await startFeed(server, ["BTCUSDT", "ETHUSDT"], { interval: "1s" });
  await until(() => server.connections === 1, LIMIT);
}

function clocksOf(market: string): { clock: number; arrivedAt: number }[] {
  return under.tape.clocks.filter((clock) => clock.market === market);
}

async function quietFor(count: number): Promise<void> {
  await until(() => clocksOf(ETH).length >= count, LIMIT);
  for (const { clock, arrivedAt } of under.tape.clocks) {
    expect(clock % 1_000).toBe(0);
    expect(clock + GRACE_MS).toBeLessThanOrEqual(arrivedAt);
    expect(clock + GRACE_MS + 3_000).toBeGreaterThan(arrivedAt);
  }
}

describe("a message from the future", () => {
  it.each([
    ["by its sending time, too", 55_000, 55_000],
    ["by its trade alone", 55_000, 0],
    ["by its sending time alone", 0, 55_000],
  ])("%s, reports no boundary early", async (_, aheadMs, messageAheadMs) => {
    await follow();
    for (const symbol of ["BTCUSDT", "ETHUSDT", "ETHUSDT", "BTCUSDT"]) server.trade(symbol);
    await until(() => under.tape.trades.length === 4, LIMIT);
    server.trade("BTCUSDT", aheadMs, messageAheadMs);
    const refused = aheadMs > messageAheadMs ? 1 : 0;
    // The venue's newest trade has to be held, or the market is not quiet.
    if (refused > 0) server.trade("BTCUSDT");
    await quietFor(2);
    expect(under.tape.trades).toHaveLength(5);
    expect(under.tape.refused).toHaveLength(refused);
    if (refused > 0)
      expect(under.tape.refused[0]).toMatchObject({
        reason: "bad_time",
        key: BTC,
        payload: expect.stringContaining(`"E":`) as string,
      });
    const shown = () => under.tape.states.get(BTC)?.at(-1)?.clock;
    await until(() => shown()?.doubted === 1 - refused, LIMIT);
    expect(shown()?.jumps).toBe(0);
  });

  it("moves the clock when a message of another market confirms it", async () => {
    await follow();
    for (const symbol of ["BTCUSDT", "ETHUSDT", "ETHUSDT", "BTCUSDT"]) server.trade(symbol);
    await until(() => under.tape.trades.length === 4, LIMIT);
    server.skewMs = 55_000;
    server.trade("BTCUSDT");
    server.trade("ETHUSDT");
    await quietFor(2);
    expect(await figure(under.metrics, "tapeline_venue_clock_jumps_total")).toBe(2);
  });
});

describe("a quiet boundary", () => {
  it("is reported once for the market that had no trade after it", async () => {
    await follow();
    server.trade("ETHUSDT");
    server.tradeAll("BTCUSDT");
    await quietFor(3);
    const clocks = clocksOf(ETH).map(({ clock }) => clock);
    expect(new Set(clocks).size).toBe(clocks.length);
    expect(clocksOf(BTC)).toEqual([]);
  });

  it("is reported when nothing at all is traded, by the answer to a ping", async () => {
    await follow();
    server.trade("ETHUSDT");
    server.trade("BTCUSDT");
    await quietFor(3);
  });

  it.each([
    ["fast by an hour", -HOUR],
    ["slow by an hour", HOUR],
  ])("is the venue's own when our clock is %s", async (_, skewMs) => {
    server.skewMs = skewMs;
    await follow();
    server.trade("ETHUSDT");
    server.tradeAll("BTCUSDT");
    await quietFor(3);
    expect(under.tape.ids(BTC)).toEqual(
      server.sentOf("BTCUSDT").slice(0, under.tape.ids(BTC).length),
    );
  });

  it("is the venue's own when our clock jumps while we run", async () => {
    await follow();
    server.trade("ETHUSDT");
    server.tradeAll("BTCUSDT");
    await quietFor(1);
    const real = Date.now.bind(Date);
    jest.spyOn(Date, "now").mockImplementation(() => real() + HOUR);
    await quietFor(3);
    expect(under.tape.condition(BTC)).toBe("live");
    expect(server.opened).toHaveLength(1);
  });

  it("is not reported over a connection that no longer answers", async () => {
    await follow();
    server.trade("ETHUSDT");
    server.tradeAll("BTCUSDT");
    await quietFor(1);
    server.pauseTrading();
    server.freeze();
    const frozenAt = server.now();
    await until(() => server.opened.length === 2, LIMIT);
    const late = under.tape.clocks.filter(({ clock }) => clock + GRACE_MS > frozenAt + 100);
    expect(late).toEqual([]);
  });

  it("is not reported for a symbol whose subscription is dead", async () => {
    await follow();
    server.trade("ETHUSDT");
    server.tradeAll("BTCUSDT");
    await quietFor(1);
    server.mute("ETHUSDT", true);
    server.tradeAll("BTCUSDT", "ETHUSDT");
    await until(() => under.tape.condition(ETH) === "stale", LIMIT);
    await sleep(100);
    const before = clocksOf(ETH).length;
    await sleep(3_000);
    expect(clocksOf(ETH)).toHaveLength(before);
    expect(under.tape.condition(ETH)).not.toBe("quiet");
  });
});
