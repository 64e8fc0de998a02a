import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@nestjs/common";
import { until } from "../support/app.js";
import { VenueServer } from "../support/venue-server.js";
import { type FeedUnderTest, figure, startFeed } from "./feed-under-test.js";

const BTC = "binance:BTCUSDT";

let server: VenueServer;
let under: FeedUnderTest;

beforeEach(async () => {
  Logger.overrideLogger(false);
  server = await VenueServer.start();
  under = await startFeed(server, ["BTCUSDT"], { silentMs: 40_000 });
  await until(() => server.connections === 1, 30_000);
});

afterEach(async () => {
  await under.stop();
  await server.close();
});

function block(): () => void {
  let release = (): void => undefined;
  under.tape.blocked = new Promise((resolve) => (release = resolve));
  return () => {
    under.tape.blocked = undefined;
    release();
  };
}

async function flood(trades: number): Promise<void> {
  for (let trade = 1; trade <= trades; trade++) {
    server.trade("BTCUSDT");
    if (trade % 500 === 0) await sleep(1);
  }
}

it("loses nothing when the writing stands still for a moment", async () => {
  const release = block();
  await flood(50_000);
  await until(() => under.feed.isPaused, 30_000);
  release();
  await until(() => under.tape.ids(BTC).length === 50_000, 30_000);
  expect(under.tape.trades).toHaveLength(50_000);
  expect(server.opened).toHaveLength(1);
  expect(await figure(under.metrics, "tapeline_feed_dropped_total")).toBe(0);
});

it("drops what waits after ten seconds, counts it, and reconnects", async () => {
  const release = block();
  await flood(50_000);
  await until(() => under.feed.isPaused, 30_000);
  // The market continues. On a busy machine the connection may end for another reason first: what
  // counts is that the records are dropped.
  await until(async () => {
    server.tradeAll("BTCUSDT");
    return (await figure(under.metrics, "tapeline_feed_dropped_total")) >= 20_000;
  }, 40_000);
  release();
  const before = under.tape.trades.length;
  await until(() => server.connections === 1, 30_000);
  server.tradeAll("BTCUSDT");
  await until(() => under.tape.trades.length > before + 20, 30_000);
  await until(() => under.tape.condition(BTC) === "live", 30_000);
}, 90_000);
