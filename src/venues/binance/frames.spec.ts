import type { DecodeContext, Frame } from "../venue.js";
import { BinanceDecoder } from "./frames.js";
import { binance } from "./spot.js";
import { binanceUsdm } from "./usdm.js";

const TIME = 1_723_161_256_322;
const CONTEXT: DecodeContext = { receivedAt: TIME + 20, source: "live" };

const AGGREGATE = {
  e: "aggTrade",
  E: TIME + 3,
  s: "BTCUSDT",
  a: 3_111_222,
  p: "61800.30000000",
  q: "0.00600000",
  f: 5_266_583_935,
  l: 5_266_583_937,
  T: TIME,
  m: true,
  M: true,
};
const RAW = {
  e: "trade",
  E: TIME + 3,
  s: "BTCUSDT",
  t: 5_266_583_935,
  p: "61800.30",
  q: "0.006",
  T: TIME,
  m: false,
};

function decode(data: object, context = CONTEXT): Frame {
  const { s, e } = data as { s?: string; e?: string };
  const stream = `${String(s).toLowerCase()}@${e}`;
  return binance.decode(JSON.stringify({ stream, data }), context);
}

describe("a frame of Binance", () => {
  it("has a symbol in letters of any script, kept byte for byte", () => {
    const frame = decode({ ...AGGREGATE, s: "币安人生USDT" });
    expect(frame).toMatchObject({ type: "trades", trades: [{ market: "binance:币安人生USDT" }] });
    expect(binance.symbols.pattern.test("币安人生USDT")).toBe(true);
    expect(binance.symbols.pattern.test("币安人生usdt")).toBe(false);
    expect(binance.url("wss://x", ["币安人生USDT"])).toBe(
      "wss://x/stream?streams=币安人生usdt@aggTrade",
    );
  });

  it("of aggregates stands for the raw trades f to l", () => {
    expect(decode(AGGREGATE)).toEqual({
      type: "trades",
      sentAt: AGGREGATE.E,
      refused: [],
      trades: [
        {
          market: "binance:BTCUSDT",
          id: "3111222",
          ord: "5266583935",
          ids: "dense",
          kind: "aggregated",
          count: 3,
          price: "61800.3",
          amount: "0.006",
          takerSide: "sell",
          time: TIME,
          receivedAt: TIME + 20,
          source: "live",
          offBook: false,
        },
      ],
    });
  });

  it("of raw trades has one id for both purposes", () => {
    expect(decode(RAW)).toMatchObject({
      trades: [
        {
          id: "5266583935",
          ord: "5266583935",
          kind: "raw",
          count: 1,
          takerSide: "buy",
        },
      ],
    });
  });

  it("is read the same without the combined stream's envelope", () => {
    expect(binance.decode(JSON.stringify(RAW), CONTEXT)).toEqual(decode(RAW));
  });

  it("with times in µs gives ms, floored", () => {
    const micro = { ...RAW, T: TIME * 1_000 + 999, E: TIME * 1_000 + 1_500 };
    expect(decode(micro)).toMatchObject({ trades: [{ time: TIME }] });
  });

  it.each(["INSURANCE_FUND", "ADL", "NA"])("of a %s print is off the book", (X) => {
    const frame = (kind: string): Frame =>
      binanceUsdm.decode(JSON.stringify({ ...RAW, X: kind }), CONTEXT);
    expect(frame(X)).toMatchObject({ trades: [{ offBook: true }] });
    expect(frame("MARKET")).toMatchObject({ trades: [{ offBook: false }] });
  });

  it.each([
    [
      { p: "0", q: "0" },
      { price: "0", amount: "0" },
    ],
    [
      { p: "0.00000000", q: "1.50" },
      { price: "0", amount: "1.5" },
    ],
    [
      { p: "-3", q: "NaN" },
      { price: "0", amount: "0" },
    ],
    [
      { p: 0, q: null },
      { price: "0", amount: "0" },
    ],
    [
      { p: "12.50", q: "0" },
      { price: "12.5", amount: "0" },
    ],
  ])("is off the book with %j where it is marked so", (values, expected) => {
    const frame = (X: string): Frame =>
      binanceUsdm.decode(JSON.stringify({ ...RAW, X, ...values }), CONTEXT);
    expect(frame("WHATEVER_COMES")).toMatchObject({
      trades: [{ ...expected, offBook: true }],
      refused: [],
    });
  });

  it.each([
    ["raw", RAW],
    ["aggregated", AGGREGATE],
  ])("without a mark is off the book when it has no price and no amount: %s", (_, event) => {
    const frame = (values: object): Frame =>
      binance.decode(JSON.stringify({ ...event, ...values }), CONTEXT);
    expect(frame({ p: "0.0", q: "0" })).toMatchObject({ trades: [{ offBook: true }] });
    expect(frame({ q: "0.000" })).toMatchObject({
      trades: [],
      refused: [{ reason: "bad_amount", detail: 'amount must be above 0, not "0"' }],
    });
    expect(frame({ p: "0" })).toMatchObject({ trades: [], refused: [{ reason: "bad_price" }] });
  });

  it.each([
    ["bad_price", { p: "-1" }],
    ["bad_price", { p: "1e5" }],
    ["bad_price", { p: "0.00" }],
    ["bad_price", { p: 61_800.3 }],
    ["bad_price", { p: "1".repeat(40) }],
    ["bad_price", { p: null }],
    ["bad_amount", { q: "0.0000000000000000001" }],
    ["bad_amount", { q: "NaN" }],
    ["bad_id", { a: 2 ** 53 }],
    ["bad_id", { a: "77" }],
    ["bad_id", { a: -1 }],
    ["bad_count", { f: undefined }],
    ["bad_count", { l: AGGREGATE.f - 1 }],
    ["bad_count", { l: "5266583937" }],
    ["bad_count", { l: AGGREGATE.f + 1_000_000 }],
    ["bad_side", { m: "true" }],
    ["bad_market", { s: "BTC USDT" }],
    ["bad_market", { s: 7 }],
    ["bad_time", { T: 0 }],
    ["bad_time", { T: TIME + 0.5 }],
    ["bad_time", { T: String(TIME) }],
    ["bad_time", { T: Date.UTC(2100, 0) }],
  ])("is refused as %s with %j, and says why", (reason, change) => {
    const frame = binance.decode(JSON.stringify({ ...AGGREGATE, ...change }), CONTEXT);
    expect(frame).toEqual({
      type: "trades",
      trades: [],
      sentAt: AGGREGATE.E,
      refused: [
        {
          reason,
          detail: expect.stringMatching(/ must be /) as string,
          ...(reason === "bad_market" ? {} : { market: "binance:BTCUSDT" }),
          ...("T" in change && Number(change.T) > TIME + 1_000 ? { isAhead: true } : {}),
        },
      ],
    });
  });

  it.each([
    ["the venue's clock as we know it", { latest: TIME - 1 }, {}],
    ["its own event time", { latest: Infinity }, { E: TIME - 60_001 }],
  ])("is not taken when its trade is later than %s allows", (_, limit, sent) => {
    const frame = decode({ ...RAW, ...sent }, { ...CONTEXT, ...limit });
    expect(frame).toMatchObject({ refused: [{ reason: "bad_time" }] });
  });

  it.each([
    ["not_json", "{"],
    ["not_json", ""],
    ["not_json", "\u0000\u0001"],
    ["not_an_event", "null"],
    ["not_an_event", "7"],
    ["not_an_event", '{"stream":"btcusdt@trade","data":"x"}'],
  ])("of garbage is %s: %j", (reason, text) => {
    expect(binance.decode(text, CONTEXT)).toMatchObject({
      type: "unreadable",
      reason,
    });
  });

  it.each([
    '{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","b":[]}}',
    '{"stream":"btcusdt@bookTicker","data":{"u":1}}',
    '{"lastUpdateId":4,"bids":[],"asks":[]}',
    '{"stream":"broken',
    "{}",
    "[]",
  ])("of another stream is passed over: %j", (text) => {
    expect(binance.decode(text, CONTEXT)).toEqual({ type: "other" });
  });

  it.each([
    '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}',
    '{"e":"serverShutdown","E":1}',
  ])("announces the end of the connection: %j", (text) => {
    expect(binance.decode(text, CONTEXT)).toEqual({ type: "shutdown" });
  });

  it("answers our messages, with a problem or without", () => {
    const refusal = '{"error":{"code":2,"msg":"Invalid request"},"id":8}';
    expect(binance.decode('{"result":null,"id":7}', CONTEXT)).toEqual({
      type: "answer",
      to: 7,
      problem: undefined,
    });
    expect(binance.decode(refusal, CONTEXT)).toEqual({
      type: "answer",
      to: 8,
      problem: refusal,
    });
  });
});

describe("an element of Binance's REST", () => {
  const context = { ...CONTEXT, latest: TIME };

  it("of historicalTrades is the raw trade", () => {
    const element = {
      id: 421_000_001,
      price: "10900.10000000",
      qty: "0.01000000",
      quoteQty: "109.00100000",
      time: TIME,
      isBuyerMaker: false,
      isBestMatch: true,
    };
    expect(binance.decodeRest(element, "BTCUSDT", context)).toMatchObject({
      trades: [
        {
          market: "binance:BTCUSDT",
          ord: "421000001",
          kind: "raw",
          price: "10900.1",
          amount: "0.01",
          takerSide: "buy",
        },
      ],
    });
  });

  it("of aggTrades is the aggregate, which without a mark is not off the book", () => {
    const { e: _e, E: _E, s: _s, ...element } = AGGREGATE;
    expect(binance.decodeRest(element, "BTCUSDT", context)).toMatchObject({
      trades: [{ id: "3111222", count: 3, offBook: false }],
    });
  });

  it.each([null, 7, "x", [], {}])("that is none is refused: %j", (element) => {
    expect(binance.decodeRest(element, "BTCUSDT", context)).toMatchObject({
      trades: [],
      refused: [{ reason: expect.any(String) as string }],
    });
  });
});

it("remembers a limited number of symbols", () => {
  const decoder = new BinanceDecoder("binance", []);
  const last = Array.from({ length: 10_050 }, (_, index) =>
    decoder.decode(JSON.stringify({ ...RAW, s: `S${index}` }), CONTEXT),
  ).at(-1);
  expect(last).toMatchObject({ trades: [{ market: "binance:S10049" }] });
});
