import { marketOf, parseMarket, splitMarket } from "./market.js";

describe("a market's name", () => {
  it.each([
    ["binance:BTCUSDT", "binance", "BTCUSDT"],
    ["binance-usdm:BTCUSDT_240927", "binance-usdm", "BTCUSDT_240927"],
    ["kraken:BTC/USD", "kraken", "BTC/USD"],
    ["posted:a:b:c", "posted", "a:b:c"],
    ["x:9", "x", "9"],
    [`${"a".repeat(32)}:${"A".repeat(64)}`, "a".repeat(32), "A".repeat(64)],
  ])("%s is of venue %s and symbol %s", (text, venue, symbol) => {
    expect(parseMarket(text)).toEqual({ venue, symbol });
    expect(splitMarket(text)).toEqual({ venue, symbol });
    expect(marketOf(venue, symbol)).toBe(text);
  });

  it.each([
    ["without a colon", "BTCUSDT"],
    ["without a venue", ":BTCUSDT"],
    ["without a symbol", "binance:"],
    ["with a venue in capitals", "Binance:BTCUSDT"],
    ["with a venue that begins with a digit", "1inch:BTCUSDT"],
    ["with a venue of other letters", "bin_ance:BTCUSDT"],
    ["with a venue after white space", " binance:BTCUSDT"],
    ["with a symbol that begins with a point", "binance:.BTC"],
    ["with white space", "binance:BTC USDT"],
    ["with a quote", "binance:BTC'USDT"],
    ["with a control character", "binance:BTC\u0000"],
    ["with a line feed at its end", "binance:BTCUSDT\n"],
    ["with a symbol of 65 characters", `binance:${"A".repeat(65)}`],
    ["with a venue of 33 characters", `${"a".repeat(33)}:BTCUSDT`],
    ["that is empty", ""],
  ])("is not one %s", (_name, text) => {
    expect(parseMarket(text)).toBeUndefined();
  });

  it("that was not validated is split all the same", () => {
    expect(splitMarket("BTCUSDT")).toEqual({ venue: "", symbol: "BTCUSDT" });
  });
});
