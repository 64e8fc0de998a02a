import { marketFault, marketOf, parseMarket, readMarket, splitMarket } from "./market.js";

describe("a market's name", () => {
  it.each([
    ["binance:BTCUSDT", "binance", "BTCUSDT"],
    ["binance-usdm:BTCUSDT_240927", "binance-usdm", "BTCUSDT_240927"],
    ["kraken:BTC/USD", "kraken", "BTC/USD"],
    ["posted:a:b:c", "posted", "a:b:c"],
    ["x:9", "x", "9"],
    ["binance:币安人生USDT", "binance", "币安人生USDT"],
    ["posted:ÅNGSTRÖM", "posted", "ÅNGSTRÖM"],
    ["x:\u{20bb7}", "x", "\u{20bb7}"],
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
    ["with half of a surrogate pair", "binance:BTC\ud800"],
    ["with the other half", "binance:\udfffBTC"],
    ["with a control character beyond ASCII", "binance:BTC\u0085"],
    ["with a mark that no letter precedes", "binance:\u0301A"],
    ["with a character that has no width", "binance:BTC\u200bUSDT"],
    ["with a line feed at its end", "binance:BTCUSDT\n"],
    ["with a symbol of 65 characters", `binance:${"A".repeat(65)}`],
    ["with a venue of 33 characters", `${"a".repeat(33)}:BTCUSDT`],
    ["that is empty", ""],
  ])("is not one %s", (_name, text) => {
    expect(parseMarket(text)).toBeUndefined();
  });

  it("is read from people in composed form only, and kept from venues as it is", () => {
    const [composed, decomposed] = ["posted:\u00c9", "posted:E\u0301"];
    expect(readMarket(composed)).toEqual({ venue: "posted", symbol: "\u00c9" });
    expect(readMarket(decomposed)).toBeUndefined();
    expect(parseMarket(decomposed)).toEqual({ venue: "posted", symbol: "E\u0301" });
    expect(marketFault("must be venue:symbol", composed)).toBe("must be venue:symbol");
    expect(marketFault("must be venue:symbol", 5)).toBe("must be venue:symbol");
    expect(marketFault("must be venue:symbol", decomposed)).toBe(
      "must be venue:symbol; in Unicode's composed form (NFC)",
    );
  });

  it("that was not validated is split all the same", () => {
    expect(splitMarket("BTCUSDT")).toEqual({ venue: "", symbol: "BTCUSDT" });
  });
});
