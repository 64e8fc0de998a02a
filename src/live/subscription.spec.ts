import { channelOf, parseSubscription, roomOf } from "./subscription.js";

const INTERVALS = ["1m", "1h"] as const;
const M = "binance:BTCUSDT";
const parse = (body: unknown) => parseSubscription(body, INTERVALS);

describe("a request for a channel", () => {
  it.each<[unknown, unknown]>([
    [{ channel: "tickers" }, { channel: "tickers" }],
    [
      { channel: "trades", market: M },
      { channel: "trades", market: M },
    ],
    [
      { channel: "candles", market: M, interval: "1h" },
      { channel: "candles", market: M, interval: "1h" },
    ],
    [
      { channel: "candles", market: M, interval: "1m", since: null },
      { channel: "candles", market: M, interval: "1m" },
    ],
    [
      { channel: "candles", market: M, interval: "1m", since: 0 },
      { channel: "candles", market: M, interval: "1m", since: 0 },
    ],
    [
      { channel: "candles", market: M, interval: "1m", since: 1_723_161_600_000 },
      { channel: "candles", market: M, interval: "1m", since: 1_723_161_600_000 },
    ],
  ])("%j is accepted", (body, request) => {
    expect(parse(body)).toEqual(request);
  });

  const object = 'the request must be an object such as {"channel":"tickers"}';
  const channels = "channel must be candles, trades, tickers";
  const market = "market must be venue:symbol, such as binance:BTCUSDT";
  const interval = "interval must be one that is stored (1m, 1h)";
  const since = "since must be an openTime in epoch ms";
  it.each<[unknown, string, string]>([
    [undefined, "bad_request", `${object}, not nothing`],
    [null, "bad_request", `${object}, not null`],
    ["tickers", "bad_request", `${object}, not "tickers"`],
    [[], "bad_request", `${object}, not []`],
    [{}, "unknown_channel", `${channels}, not nothing`],
    [{ channel: 5 }, "unknown_channel", `${channels}, not 5`],
    [{ channel: "toString" }, "unknown_channel", `${channels}, not "toString"`],
    [{ channel: "x".repeat(100) }, "unknown_channel", `${channels}, not "${"x".repeat(79)}`],
    [
      { channel: "tickers", market: M },
      "bad_request",
      '"market" is not known here; known are channel',
    ],
    [
      { channel: "trades", market: M, interval: "1m" },
      "bad_request",
      '"interval" is not known here; known are channel, market',
    ],
    [
      { channel: "candles", market: M, interval: "1m", limit: 5 },
      "bad_request",
      '"limit" is not known here; known are channel, market, interval, since',
    ],
    [{ channel: "trades" }, "unknown_market", `${market}, not nothing`],
    [{ channel: "trades", market: 5 }, "unknown_market", `${market}, not 5`],
    [{ channel: "trades", market: "BTC" }, "unknown_market", `${market}, not "BTC"`],
    [{ channel: "candles", market: M }, "unknown_interval", `${interval}, not nothing`],
    [
      { channel: "candles", market: M, interval: "1d" },
      "unknown_interval",
      `${interval}, not "1d"`,
    ],
    [
      { channel: "candles", market: M, interval: "1m", since: -1 },
      "bad_request",
      `${since}, not -1`,
    ],
    [
      { channel: "candles", market: M, interval: "1m", since: 0.5 },
      "bad_request",
      `${since}, not 0.5`,
    ],
    [
      { channel: "candles", market: M, interval: "1m", since: "0" },
      "bad_request",
      `${since}, not "0"`,
    ],
  ])("%j is refused as %s", (body, code, detail) => {
    expect(parse(body)).toEqual({ code, detail });
  });
});

it("names a room by its channel, whatever a client has asked for since when", () => {
  const candles = { channel: "candles", market: M, interval: "1m" } as const;
  expect(roomOf(candles)).toBe("candles|binance:BTCUSDT|1m");
  expect(roomOf({ channel: "trades", market: M })).toBe("trades|binance:BTCUSDT");
  expect(roomOf({ channel: "tickers" })).toBe("tickers");
  expect(channelOf({ ...candles, since: 5 })).toEqual(candles);
  expect(channelOf({ channel: "trades", market: M })).toEqual({ channel: "trades", market: M });
  expect(channelOf({ channel: "tickers" })).toEqual({ channel: "tickers" });
});
