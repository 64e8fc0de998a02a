import { linkTo, marketPath, patched, routeOf } from "./route.js";

describe("the address", () => {
  it.each([
    ["/", { view: "overview" }],
    ["/system", { view: "system" }],
    ["/system/", { view: "system" }],
    ["/m/binance:BTCUSDT", { view: "market", market: "binance:BTCUSDT" }],
    ["/m/coinbase%3ABTC%2FUSD", { view: "market", market: "coinbase:BTC/USD" }],
    ["/m/binance:%E5%B8%81USDT", { view: "market", market: "binance:币USDT" }],
    ["/m/nonsense", { view: "unknown", path: "/m/nonsense" }],
    ["/m/%E0%A4%A", { view: "unknown", path: "/m/%E0%A4%A" }],
    ["/elsewhere", { view: "unknown", path: "/elsewhere" }],
  ])("%s leads to its view", (path, route) => {
    expect(routeOf(path)).toEqual(route);
  });

  it.each(["binance:BTCUSDT", "coinbase:BTC/USD", "x:a@b._-:c"])(
    "of %s leads back to it",
    (market) => {
      expect(routeOf(marketPath(market))).toEqual({ view: "market", market });
    },
  );

  it("keeps the colon of a market readable", () => {
    expect(marketPath("binance:BTCUSDT")).toBe("/m/binance:BTCUSDT");
  });
});

describe("the view's parameters", () => {
  it("change without disturbing the others", () => {
    expect(patched("?i=1m&log=1&q=a b", { log: null, i: "5m", tz: "UTC" })).toBe(
      "?i=5m&q=a+b&tz=UTC",
    );
  });

  it("go away with the last one", () => {
    expect(patched("?i=1m", { i: undefined })).toBe("");
  });

  it("are dropped when another view is opened, except for the time zone", () => {
    expect(linkTo("/system", "?sort=-volume&tz=Asia/Tokyo")).toBe("/system?tz=Asia%2FTokyo");
    expect(linkTo("/m/sim:A?i=5m", "?q=x")).toBe("/m/sim:A?i=5m");
  });
});
