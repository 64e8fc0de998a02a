import { readConfig } from "../../config/config.js";
import type { FeedState } from "../../domain/feed-state.js";
import { statusOf } from "./status.js";

const feed = (
  market: string,
  condition: FeedState["condition"],
  detail: string | null = null,
): FeedState => ({
  market,
  condition,
  detail,
  history: null,
  since: 0,
  at: 0,
  lastTradeAt: null,
  reconnects: 0,
  refused: 0,
  clock: null,
});

describe("the status", () => {
  it("states which parts run and why", () => {
    expect(statusOf(readConfig({}), [], true, "e", 1, 0).mode).toEqual({
      database: "embedded",
      transport: "in-process",
      why: "DATABASE_URL is not set: Tapeline runs its own PostgreSQL; KAFKA_BROKERS is not set: trades travel inside this process",
    });
    const servers = readConfig({
      DATABASE_URL: "postgres://u:secret@db/x",
      KAFKA_BROKERS: "kafka:9092",
    });
    const status = statusOf(servers, [], true, "e", 1, 0);
    expect(status.mode).toMatchObject({
      database: "server",
      transport: "kafka",
    });
    expect(JSON.stringify(status)).not.toContain("secret");
  });

  it("gives notice of simulated prices, and of the exchange that is unreachable", () => {
    const feeds = [
      feed("binance:BTCUSDT", "down", "getaddrinfo ENOTFOUND"),
      feed("sim:BTCUSDT", "live"),
    ];
    const { simulated, notice } = statusOf(readConfig({}), feeds, true, "e", 1, 0);
    expect({ simulated, notice }).toEqual({
      simulated: true,
      notice: expect.stringMatching(
        /simulated: a random walk.*no exchange can be reached \(getaddrinfo ENOTFOUND\)/,
      ) as string,
    });
  });

  it("gives no reason where the simulator has ended, or an exchange is back", () => {
    const left = [
      feed("binance:BTCUSDT", "connecting", "waiting for the first trade"),
      feed("sim:BTCUSDT", "live"),
    ];
    expect(statusOf(readConfig({}), left, true, "e", 1, 60_000).notice).toMatch(
      /not market data\.$/,
    );
    const back = [feed("kraken:BTC/USD", "down"), ...left.slice(1)].concat(
      feed("binance:BTCUSDT", "live"),
    );
    expect(statusOf(readConfig({}), back, true, "e", 1, 0).notice).toMatch(/not market data\.$/);
  });

  it("gives no reason for simulated prices that were configured, and no notice without them", () => {
    const configured = readConfig({ FEEDS: "sim:BTCUSDT" });
    expect(statusOf(configured, [feed("sim:BTCUSDT", "live")], true, "e", 1, 0).notice).toMatch(
      /not market data\.$/,
    );
    expect(
      statusOf(readConfig({}), [feed("binance:BTCUSDT", "live")], true, "e", 1, 0),
    ).toMatchObject({ simulated: false, notice: null });
  });
});
