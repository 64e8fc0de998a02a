import { tickerFor } from "../live/tickers.fixture.js";
import { conditionOf } from "../frame/feed-condition.js";
import { type Entry, entryOf } from "./entry.js";
import { matches, ordered, sortFrom, sortText, toggled } from "./order.js";

const feed = (market: string, condition: "live" | "down"): Entry["feed"] => ({
  market,
  condition,
  since: 0,
  at: 0,
  detail: null,
  lastTradeAt: null,
  reconnects: 0,
  refused: 0,
  clock: null,
  history: null,
});

const entries: Entry[] = [
  entryOf(
    "binance:BTCUSDT",
    tickerFor("binance:BTCUSDT", { last: "9", volume: "10" }),
    feed("binance:BTCUSDT", "live"),
    0,
  ),
  entryOf(
    "binance:ETHUSDT",
    tickerFor("binance:ETHUSDT", {
      last: "10",
      volume: "9.5",
      complete: false,
    }),
    feed("binance:ETHUSDT", "down"),
    0,
  ),
  entryOf(
    "coinbase:BTC-USD",
    tickerFor("coinbase:BTC-USD", { last: "9.5", changePercent: null }),
    undefined,
    0,
  ),
  entryOf("sim:NEW", undefined, feed("sim:NEW", "live"), 0),
];

describe("the table's order", () => {
  it("is by the value of a price, not its spelling", () => {
    const order = ordered(entries, { key: "last", descending: true }, "");
    expect(order).toEqual(["binance:ETHUSDT", "coinbase:BTC-USD", "binance:BTCUSDT", "sim:NEW"]);
  });

  it("has rows without the figure last in either direction", () => {
    for (const descending of [true, false])
      expect(ordered(entries, { key: "change", descending }, "").slice(2)).toEqual([
        "coinbase:BTC-USD",
        "sim:NEW",
      ]);
  });

  it("shows problems first", () => {
    const [byFeed] = ordered(entries, { key: "feed", descending: false }, "sdt");
    expect(byFeed).toBe("binance:ETHUSDT");
    const byGaps = ordered(entries, { key: "complete", descending: false }, "");
    expect(byGaps[0]).toBe("binance:ETHUSDT");
  });

  it("is kept in the address", () => {
    expect(sortFrom("-volume")).toEqual({ key: "volume", descending: true });
    expect(sortText({ key: "volume", descending: true })).toBe("-volume");
    expect(sortText(sortFrom("no such column"))).toBeNull();
    expect(sortFrom(null)).toEqual({ key: "market", descending: false });
  });

  it("reverses with a second click", () => {
    const first = toggled(sortFrom(null), "volume");
    expect(first).toEqual({ key: "volume", descending: true });
    expect(toggled(first, "volume").descending).toBe(false);
  });
});

describe("a feed", () => {
  it("whose state was not written for 15 s is gone, unless it was stopped", () => {
    const live = feed("sim:A", "live");
    expect(conditionOf(live, 15_000)).toBe("live");
    expect(conditionOf(live, 15_001)).toBe("gone");
    expect(conditionOf({ ...live!, condition: "stopped" }, 99_999)).toBe("stopped");
  });
});

describe("the filter", () => {
  it.each([
    ["", 4],
    ["btc", 2],
    ["BTC binance", 1],
    ["down", 1],
    ["gaps", 1],
    ["sim: eth", 0],
  ])("%j leaves %i", (filter, count) => {
    expect(entries.filter((entry) => matches(entry, filter))).toHaveLength(count);
  });
});
