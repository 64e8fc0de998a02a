import { readConfig } from "../config.js";
import type { FeedState } from "../domain/feed-state.js";
import { statusOf } from "./status.js";

const feed = (
  market: string,
  condition: FeedState["condition"],
  detail: string | null = null,
): FeedState => ({
  market,
  condition,
  detail,
  since: 0,
  at: 0,
  lastTradeAt: null,
  reconnects: 0,
  refused: 0,
});

describe("the status", () => {
  it("says which parts run and why", () => {
    expect(statusOf(readConfig({}), [], "e", 1).mode).toEqual({
      database: "embedded",
      transport: "in-process",
      why: "DATABASE_URL is not set: Tapeline runs its own PostgreSQL; KAFKA_BROKERS is not set: trades travel inside this process",
    });
    const servers = readConfig({
      DATABASE_URL: "postgres://u:secret@db/x",
      KAFKA_BROKERS: "kafka:9092",
    });
    const status = statusOf(servers, [], "e", 1);
    expect(status.mode).toMatchObject({
      database: "server",
      transport: "kafka",
    });
    expect(JSON.stringify(status)).not.toContain("secret");
  });

  it("gives notice of simulated prices, and of the exchange that is away", () => {
    const feeds = [
      feed("binance:BTCUSDT", "down", "getaddrinfo ENOTFOUND"),
      feed("sim:BTCUSDT", "live"),
    ];
    const { simulated, notice } = statusOf(readConfig({}), feeds, "e", 1);
    expect({ simulated, notice }).toEqual({
      simulated: true,
      notice: expect.stringMatching(
        /simulated: a random walk.*no exchange can be reached \(getaddrinfo ENOTFOUND\)/,
      ) as string,
    });
  });

  it("gives no reason for simulated prices that were asked for, and no notice without them", () => {
    const asked = readConfig({ FEEDS: "sim:BTCUSDT" });
    expect(
      statusOf(asked, [feed("sim:BTCUSDT", "live")], "e", 1).notice,
    ).toMatch(/not market data\.$/);
    expect(
      statusOf(readConfig({}), [feed("binance:BTCUSDT", "live")], "e", 1),
    ).toMatchObject({ simulated: false, notice: null });
  });
});
