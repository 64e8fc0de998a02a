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
  ...fields,
});

describe("what an empty page waits for", () => {
  const waiting = (...feeds: FeedState[]): string | null =>
    waitingFor(config, feeds, false, NOW);

  it("is the connection, before any feed has said something and while it is made", () => {
    expect(waiting()).toBe("Connecting to binance.");
    expect(waiting(feed("binance-usdm:BTCUSDT", {}))).toBe(
      "Connecting to binance-usdm.",
    );
  });

  it("is an exchange that cannot be reached, with its reason and with what comes next", () => {
    const down = feed("binance:BTCUSDT", {
      condition: "down",
      detail: "getaddrinfo ENOTFOUND",
    });
    expect(waiting(down)).toBe(
      "binance cannot be reached (getaddrinfo ENOTFOUND). It is tried again all the time; where no exchange answers, the simulated venue starts.",
    );
    const named = readConfig({ FEEDS: "binance:BTCUSDT" });
    expect(waitingFor(named, [down], false, NOW)).toMatch(/all the time\.$/);
  });

  it("is the first trade of a venue that answers", () => {
    expect(waiting(feed("binance:BTCUSDT", { condition: "quiet" }))).toBe(
      "Connected to binance; waiting for the first trade.",
    );
  });

  it("is the simulated history, also when a part of it can be seen already", () => {
    const feeds = [
      feed("binance:BTCUSDT", { condition: "down" }),
      feed("sim:A", { history: 0.4 }),
      feed("sim:B", { history: 0.5 }),
    ];
    expect(waitingFor(config, feeds, true, NOW)).toBe(
      "Making history of the simulated venue, 40 %.",
    );
    expect(historyDone(feeds, NOW)).toBe(0.4);
  });

  it("is nothing any more once there are trades", () => {
    expect(
      waitingFor(config, [feed("binance:BTCUSDT", {})], true, NOW),
    ).toBeNull();
  });

  it("is somebody's trades, where no feed is configured", () => {
    expect(waitingFor(readConfig({ FEEDS: "" }), [], false, NOW)).toMatch(
      /FEEDS is empty/,
    );
  });

  it("is nothing that a process has left behind which is gone", () => {
    const gone = { history: 0.4, at: NOW - 15_001 };
    expect(historyDone([feed("sim:A", gone)], NOW)).toBeNull();
    expect(waiting(feed("sim:A", gone))).toBe("Connecting to binance.");
  });
});
