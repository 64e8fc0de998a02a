import { readConfig } from "../../config/config.js";
import type { FeedState } from "../../domain/feed-state.js";
import { historyDone, waitingFor } from "./waiting.js";

const NOW = 1_723_161_600_000;
const config = readConfig({});

const feed = (market: string, fields: Partial<FeedState>): FeedState => ({
  market,
  condition: "connecting",
  since: NOW,
  at: NOW,
  detail: null,
  history: null,
  lastTradeAt: null,
  reconnects: 0,
  refused: 0,
  clock: null,
  ...fields,
});

describe("what an empty page waits for", () => {
  const waiting = (...feeds: FeedState[]): string | null => waitingFor(config, feeds, false, NOW);

  it("is the connection, before any feed has reported and while it is opened", () => {
    expect(waiting()).toBe("Connecting to binance.");
    expect(waiting(feed("binance-usdm:BTCUSDT", {}))).toBe("Connecting to binance-usdm.");
  });

  it("is an exchange that cannot be reached, with the reason and what happens next", () => {
    const down = feed("binance:BTCUSDT", {
      condition: "down",
      detail: "getaddrinfo ENOTFOUND",
    });
    expect(waiting(down)).toBe(
      "binance cannot be reached (getaddrinfo ENOTFOUND). Tapeline keeps retrying; if no exchange answers, the simulated venue starts.",
    );
    const named = readConfig({ FEEDS: "binance:BTCUSDT" });
    expect(waitingFor(named, [down], false, NOW)).toMatch(/keeps retrying\.$/);
  });

  it("is the first trade of a connected venue", () => {
    expect(waiting(feed("binance:BTCUSDT", { condition: "quiet" }))).toBe(
      "Connected to binance; waiting for the first trade.",
    );
  });

  it("is the simulated history, also when a part of it is visible already", () => {
    const feeds = [
      feed("binance:BTCUSDT", { condition: "down" }),
      feed("sim:A", { history: 0.4 }),
      feed("sim:B", { history: 0.5 }),
    ];
    expect(waitingFor(config, feeds, true, NOW)).toBe(
      "Generating history of the simulated venue, 40 %.",
    );
    expect(historyDone(feeds, NOW)).toBe(0.4);
  });

  it("is nothing once there are trades", () => {
    expect(waitingFor(config, [feed("binance:BTCUSDT", {})], true, NOW)).toBeNull();
  });

  it("is posted or replayed trades, where no feed is configured", () => {
    expect(waitingFor(readConfig({ FEEDS: "" }), [], false, NOW)).toMatch(/FEEDS is empty/);
  });

  it("ignores states left behind by a dead process", () => {
    const gone = { history: 0.4, at: NOW - 15_001 };
    expect(historyDone([feed("sim:A", gone)], NOW)).toBeNull();
    expect(waiting(feed("sim:A", gone))).toBe("Connecting to binance.");
  });
});
