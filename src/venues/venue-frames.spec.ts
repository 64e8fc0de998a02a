import { bitstamp } from "./bitstamp/bitstamp.js";
import { bybitLinear } from "./bybit/linear.js";
import { bybit } from "./bybit/spot.js";
import { coinbase } from "./coinbase/coinbase.js";
import { kraken } from "./kraken/kraken.js";
import { okx } from "./okx/okx.js";
import type { Frame, Venue } from "./venue.js";

// Messages that no recording holds, as the venues' documents show them.

const CONTEXT = {
  receivedAt: Date.UTC(2026, 0, 5),
  source: "live",
} as const;
const read = (venue: Venue, message: unknown): Frame =>
  venue.decode(typeof message === "string" ? message : JSON.stringify(message), CONTEXT);

describe("Coinbase Exchange", () => {
  const match = {
    type: "match",
    trade_id: 10,
    sequence: 50,
    time: "2014-11-07T08:19:27.028459Z",
    product_id: "BTC-USD",
    size: "5.23512",
    price: "400.23",
    side: "sell",
  };

  it("reports the maker's side", () => {
    expect(read(coinbase, match)).toMatchObject({
      isPast: false,
      trades: [
        {
          market: "coinbase:BTC-USD",
          id: "10",
          ord: "10",
          price: "400.23",
          amount: "5.23512",
          takerSide: "buy",
          time: 1_415_348_367_028,
        },
      ],
    });
  });

  it("begins with the last match, which is past", () => {
    expect(read(coinbase, { ...match, type: "last_match" })).toMatchObject({
      isPast: true,
      trades: [{ id: "10" }],
    });
  });

  it("reports its newest id in a heartbeat", () => {
    const heartbeat = {
      type: "heartbeat",
      sequence: 90,
      last_trade_id: 20,
      product_id: "BTC-USD",
      time: "2014-11-07T08:19:28.464459Z",
    };
    expect(read(coinbase, heartbeat)).toEqual({
      type: "newest",
      symbol: "BTC-USD",
      newest: { lastOrd: 20n, time: 1_415_348_368_464 },
    });
    expect(read(coinbase, { ...heartbeat, last_trade_id: null })).toEqual({
      type: "other",
    });
  });
});

describe("Kraken", () => {
  it("writes prices as JSON numbers, of which every digit is kept", () => {
    const text =
      '{"channel":"trade","type":"update","data":[{"symbol":"SHIB/USD","side":"sell","price":0.0000089,"qty":1234567890.12345678,"ord_type":"market","trade_id":4665906,"timestamp":"2023-09-25T07:49:37.708706Z"},{"symbol":"SHIB/USD","side":"buy","price":8.9e-6,"qty":40,"ord_type":"limit","trade_id":4665907,"timestamp":"2023-09-25T07:49:37.708706Z"}]}';
    expect(read(kraken, text)).toMatchObject({
      isPast: false,
      refused: [],
      trades: [
        {
          id: "4665906",
          price: "0.0000089",
          amount: "1234567890.12345678",
          takerSide: "sell",
          time: 1_695_628_177_708,
        },
        { id: "4665907", price: "0.0000089", amount: "40", takerSide: "buy" },
      ],
    });
  });

  it("names the symbol that it refuses", () => {
    const text =
      '{"error":"Currency pair not supported NO/PE","method":"subscribe","success":false,"symbol":"NO/PE"}';
    expect(read(kraken, text)).toMatchObject({
      to: ["NO/PE"],
      problem: expect.stringContaining("not supported") as string,
    });
  });
});

describe("Bybit", () => {
  const trade = {
    T: 1_672_304_486_865,
    s: "BTCUSDT",
    S: "Buy",
    v: "0.001",
    p: "16578.50",
    seq: 1_783_284_617,
  };
  const frame = (...data: unknown[]): unknown => ({
    topic: "publicTrade.BTCUSDT",
    type: "snapshot",
    data,
  });

  it("orders perpetual trades by sequence and place, since their ids have no order", () => {
    const i = "20f43950-d8dd-5b31-9112-a178eb6023af";
    const second = i.replace("20f4", "10f4");
    const read_ = read(bybitLinear, frame({ ...trade, i }, { ...trade, i: second }));
    expect(read_).toMatchObject({
      trades: [
        { id: i, ord: "17832846170000", ids: "sparse" },
        { id: second, ord: "17832846170001", ids: "sparse" },
      ],
    });
  });

  it("orders spot trades by id, beyond 2^53", () => {
    const i = "2290000001189048101";
    expect(read(bybit, frame({ ...trade, i }))).toMatchObject({
      trades: [{ id: i, ord: i, ids: "sparse", price: "16578.5" }],
    });
  });

  it("answers by request id, and keep-alives not at all", () => {
    const answer = { success: true, ret_msg: "", req_id: "7", op: "subscribe" };
    expect(read(bybit, answer)).toEqual({
      type: "answer",
      to: 7,
      problem: undefined,
    });
    expect(read(bybit, { ...answer, success: false })).toMatchObject({ to: 7 });
    expect(read(bybit, { success: true, ret_msg: "pong", op: "ping" })).toEqual({ type: "other" });
  });
});

describe("OKX", () => {
  const trade = {
    instId: "BTC-USDT",
    tradeId: "130639474",
    px: "42219.9",
    sz: "0.12060306",
    side: "buy",
    ts: "1630048897897",
  };
  const frame = (channel: string, data: unknown): unknown => ({
    arg: { channel, instId: "BTC-USDT" },
    data: [data],
  });

  it("is read from trades-all, and refused where trades are merged", () => {
    expect(read(okx, frame("trades-all", trade))).toMatchObject({
      trades: [{ id: "130639474", ids: "dense", takerSide: "buy" }],
    });
    const sum = { ...trade, count: "3" };
    expect(read(okx, frame("trades", sum))).toMatchObject({
      trades: [],
      refused: [{ reason: "bad_count" }],
    });
  });

  it("has derivatives in contracts, which are not followed", () => {
    const swap = { ...trade, instId: "BTC-USDT-SWAP" };
    expect(read(okx, frame("trades-all", swap))).toMatchObject({
      trades: [],
      refused: [{ reason: "bad_market" }],
    });
  });

  it("answers text pings and announces its end", () => {
    expect(read(okx, "pong")).toEqual({ type: "other" });
    expect(read(okx, { event: "notice", code: "64008" })).toEqual({
      type: "shutdown",
    });
  });

  it("names the refused symbol in its text", () => {
    const error = {
      event: "error",
      code: "60018",
      msg: "Wrong URL or channel:trades-all,instId:NO-PE doesn't exist.",
    };
    expect(read(okx, error)).toMatchObject({ to: ["NO-PE"] });
  });
});

describe("Bitstamp", () => {
  it("requests another connection before it ends one", () => {
    const message = { event: "bts:request_reconnect", channel: "", data: "" };
    expect(read(bitstamp, message)).toEqual({ type: "shutdown" });
  });
});
