import { Logger } from "@nestjs/common";
import { readConfig } from "../../src/config/config.js";
import type { Feeds } from "../../src/ingestion/feed/feeds.js";
import type { FollowedMarkets } from "../../src/venues/followed-markets.js";
import { until } from "../support/app.js";
import { VenueServer } from "../support/venue-server.js";
import { Tape } from "./feed-under-test.js";
import { feedsOf } from "./feeds-under-test.js";

const LIMIT = 20_000;

let server: VenueServer;
let tape: Tape;
let feeds: Feeds;
let followed: FollowedMarkets;

beforeEach(async () => {
  Logger.overrideLogger(false);
  server = await VenueServer.start();
  tape = await Tape.start();
  const config = readConfig({
    FEEDS: "binance:BTCUSDT",
    BINANCE_WS_URL: server.wsUrl,
    BINANCE_REST_URL: server.restUrl,
  });
  ({ feeds, followed } = feedsOf(config, tape.transport));
  feeds.start();
  server.tradeAll("BTCUSDT");
  await until(() => tape.condition("binance:BTCUSDT") === "live", LIMIT);
});

afterEach(async () => {
  await feeds.stop();
  await tape.transport.close();
  await server.close();
});

describe("a market that is added while the process runs", () => {
  it("has a feed of its own next to the others', which ends when the market is removed", async () => {
    followed.add(["binance:ETHUSDT", "sim:SOLUSDT"]);
    await until(() => server.connections === 2, LIMIT);
    server.tradeAll("ETHUSDT");
    await until(() => tape.condition("binance:ETHUSDT") === "live", LIMIT);
    await until(() => tape.condition("sim:SOLUSDT") === "live", LIMIT);
    followed.remove(["binance:ETHUSDT"]);
    await until(() => tape.condition("binance:ETHUSDT") === "stopped", LIMIT);
    await until(() => server.connections === 1, LIMIT);
    expect(tape.condition("binance:BTCUSDT")).toBe("live");
    expect(tape.condition("sim:SOLUSDT")).toBe("live");
  });

  it("keeps a connection that another market still uses", async () => {
    followed.add(["binance:ETHUSDT", "binance:SOLUSDT"]);
    await until(() => server.connections === 2, LIMIT);
    followed.remove(["binance:ETHUSDT"]);
    server.tradeAll("SOLUSDT");
    await until(() => tape.condition("binance:SOLUSDT") === "live", LIMIT);
    followed.remove(["binance:SOLUSDT"]);
    await until(() => tape.condition("binance:SOLUSDT") === "stopped", LIMIT);
    expect(tape.condition("binance:ETHUSDT")).toBe("stopped");
  });
});

it("shows the history progress of followed markets, and of no others", async () => {
  followed.reportHistory("binance:BTCUSDT", 0.5);
  followed.reportHistory("binance:XRPUSDT", 0.5);
  const history = (): unknown => tape.states.get("binance:BTCUSDT")?.at(-1)?.history;
  await until(() => history() === 0.5, LIMIT);
  followed.reportHistory("binance:BTCUSDT", null);
  await until(() => history() === null, LIMIT);
  expect(tape.states.has("binance:XRPUSDT")).toBe(false);
});
